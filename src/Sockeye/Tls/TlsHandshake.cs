using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Authentication;

namespace Sockeye;

/// <summary>A handshake of either side. Its result, within its timeout, is a connection or a reason.</summary>
[SuppressMessage("Design", "CA1001", Justification = "At its end, a connection owns the stream, or it is disposed.")]
internal sealed class TlsHandshake : CoarseTimerEntry
{
    private readonly LowerConnection _lower;
    private readonly CoarseTimer _timer;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _start;
    private readonly TlsStream _ssl;
    private volatile bool _hasTimedOut;
    private volatile bool _hasReceived;

    public TlsHandshake(LowerConnection lower, TlsRole role, CoarseTimer timer, TimeSpan timeout)
    {
        (_lower, _timer, _timeout, _start) = (lower, timer, timeout, timer.Elapsed);
        Pipe = new(lower.Transport) { OnFirstBytes = bytes => PlainText.ThrowIfNotTls(_ssl!, bytes) };
        _ssl = new(lower, Pipe, role);
        if (timeout != Timeout.InfiniteTimeSpan)
            timer.Set(this, timeout);
    }

    public PipeStream Pipe { get; }

    public LowerConnection Lower => _lower;

    /// <summary>The failure, if there is no connection.</summary>
    public TlsFailure Failure { get; private set; }

    /// <summary>The failure as a close reason. Setting it does not end the connection.</summary>
    public CloseReason? Reason { get; private set; }

    /// <summary>Called when the handshake times out.</summary>
    public Action? OnTimeout { get; set; }

    /// <summary>
    /// Waits for the client's ClientHello, which needs no resources besides the connection. Returns false if there is a
    /// <see cref="Reason"/> to stop.
    /// </summary>
    public async ValueTask<bool> WaitForHelloAsync()
    {
        Debug.Assert(Reason is null && Pipe.Prefix.IsEmpty, "The ClientHello is read once, before the handshake.");
        try
        {
            var records = new HelloRecords();
            await records.ReadAsync(_lower.Transport.Input, () => _hasReceived = true);
            (Pipe.Prefix, _ssl.ServerName) = (records.ToRecords(), ClientHello.GetServerName(records.Messages));
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            Fail(e);
            return false;
        }
    }

    /// <summary>Runs the handshake. Returns the connection, or null if there is a <see cref="Reason"/>.</summary>
    /// <param name="authenticate">Starts the handshake of this side.</param>
    public async Task<TlsConnection?> RunAsync(Func<TlsStream, Task> authenticate)
    {
        Debug.Assert(Reason is null, "A handshake that failed is not run.");
        try
        {
            Task authenticating;
            using (NoSyncContextScope.Enter())
                authenticating = authenticate(_ssl);
            await authenticating;
            TlsMetrics.OnDone(_ssl.Role, _timer.Elapsed - _start, _ssl.SslProtocol);
            return TlsConnection.Start(_lower, Pipe, _ssl);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException
            or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            Fail(e);
            return null;
        }
        catch
        {
            _ssl.Dispose(); // A callback that selects or validates certificates threw; the caller reports it.
            throw;
        }
        finally
        {
            _timer.Cancel(this);
        }
    }

    /// <summary>Records that the handshake has failed, or will not run.</summary>
    public void Fail(Exception error)
    {
        Debug.Assert(Reason is null, "A handshake fails once.");
        _timer.Cancel(this);
        var (failure, explanation) = TlsFailures.Describe(_ssl, error);
        Failure = _hasTimedOut ? TlsFailure.Timeout : failure;
        TlsMetrics.OnFailed(_ssl.Role, _timer.Elapsed - _start, Failure);
        Reason = _lower.Reason is { IsOrderly: false } known
            ? known
            : new(Failure is TlsFailure.PeerClosed ? ClosedBy.Peer : ClosedBy.Local, CloseCause.TlsError, CloseDirection.Both,
                explanation, error);
        _ssl.Dispose();
    }

    /// <summary>Ends the connection of a failed handshake: at once by a reset, or in order by its owner.</summary>
    /// <remarks>
    /// A reset would destroy an alert in transit. But only on Windows does .NET send an alert for a certificate that it refuses.
    /// On other systems, only a reset informs the peer, for which a TLS 1.3 handshake has succeeded.
    /// </remarks>
    public void End()
    {
        Debug.Assert(Reason is not null, "Only a handshake that failed ends its connection.");
        if (_ssl.RefusedCertificate is not null && !OperatingSystem.IsWindows())
            _lower.Abort(Reason);
        else
            _lower.SetCloseReason(Reason);
    }

    protected internal override void OnDue()
    {
        Debug.Assert(_timeout != Timeout.InfiniteTimeSpan, "Only a handshake with a timeout comes due.");
        _hasTimedOut = true;
        _lower.Abort(CloseReason.Local(CloseCause.Timeout,
            new(
                $"the TLS handshake did not finish within {DisplayText.Format(_timeout)}", "HandshakeTimeout",
                _hasReceived || Pipe.OnFirstBytes is null ? "" : ": the peer sent nothing")));
        OnTimeout?.Invoke();
    }
}
