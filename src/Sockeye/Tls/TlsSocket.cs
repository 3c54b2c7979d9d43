using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>What a <see cref="StreamConnection"/> needs of a socket, given by TLS upon another connection.</summary>
internal sealed partial class TlsSocket : StreamSocket
{
    private readonly LowerConnection _lower;
    private readonly PipeStream _pipe;
    private readonly TlsStream _ssl;
    private int _isCloseNotifySent;
    private int _isSending;

    public TlsSocket(LowerConnection lower, PipeStream pipe, TlsStream ssl)
    {
        (_lower, _pipe, _ssl) = (lower, pipe, ssl);
        _onRead = OnRead;
        pipe.AfterRead = ContinueReader;
        pipe.IsCorked = true;
    }

    public override EndPoint? LocalEndPoint => _lower.Context.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => _lower.Context.RemoteEndPoint;

    public override bool IsReset => _lower.Reason?.Cause is CloseCause.Reset;

    public override SystemProgress? GetSystemProgress() => _lower.GetSystemProgress();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        try
        {
            if (Interlocked.Exchange(ref _isSending, 1) == 1)
                throw new IOException("TLS was closed.");
            foreach (var segment in bytes)
                await _ssl.WriteAsync(segment);
            if ((await _pipe.SendAsync()).IsCompleted)
                throw new IOException("The connection below accepts no more data.");
            Volatile.Write(ref _isSending, 0);
        }
        catch (Exception e)
        {
            throw ToException(e);
        }
    }

    /// <summary>
    /// The peer said that nothing follows, and has taken all that was sent to it before close_notify. If it has closed its socket
    /// by then, its system answers with a reset, and nothing is lost.
    /// </summary>
    public bool MayBeResetInOrder { get; private set; }

    public override void ShutdownSend()
    {
        MayBeResetInOrder = HasCloseNotify && !IsReset && _lower.HasPeerAcknowledgedAll;
        SendCloseNotify();
        _pipe.CompleteOutput();
    }

    /// <summary>Tells the peer that nothing follows, unless something is being sent just now.</summary>
    public void TrySendCloseNotifyNow()
    {
        if (Interlocked.Exchange(ref _isSending, 1) == 1)
            return;
        SendCloseNotify();
        _pipe.CompleteOutput();
    }

    /// <summary>It leaves with the next flush.</summary>
    private void SendCloseNotify()
    {
        if (Interlocked.Exchange(ref _isCloseNotifySent, 1) == 1)
            return;
        // Reading and this touch the same state of TLS, and SslStream does not keep them apart.
        lock (_pipe.ProcessingLock)
        {
            try
            {
                using (NoSyncContextScope.Enter())
                    _ = _ssl.ShutdownAsync();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // TLS is already broken, so the peer would not understand it.
            }
        }
    }

    public override void Close(bool reset)
    {
        if (reset)
            _lower.Abort(_lower.Reason ?? CloseReason.LocalFin);
        _pipe.CancelRead();
    }

    private StreamClosedException ToException(Exception error) => new(_ssl.ToCloseReason(error), error);
}
