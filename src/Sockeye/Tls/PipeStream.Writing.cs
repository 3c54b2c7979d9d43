using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye;

internal sealed partial class PipeStream : IValueTaskSource
{
    private readonly Action _onFlushed;
    private readonly Lock _writeLock = new();
    private ManualResetValueTaskSourceCore<bool> _flushing;
    private ValueTask<FlushResult> _pendingFlush;
    private bool _isFlushing;

    /// <summary>Whether the writer flushes afterwards, once for many writes.</summary>
    public bool IsCorked { get; set; }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return _isFlushing ? new(this, _flushing.Version) : default;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // Answers to what the peer sends may be written while data is.
        lock (_writeLock)
            _output.Write(buffer);
        if (IsCorked || _isFlushing)
            return;
#pragma warning disable CA2012 // Kept, since it is consumed once, when it is complete.
        var flush = _output.FlushAsync(CancellationToken.None);
#pragma warning restore CA2012
        if (flush.IsCompletedSuccessfully)
        {
            _ = flush.Result; // The peer has closed; reading reports it.
            return;
        }

        _isFlushing = true;
        _flushing.Reset();
        _pendingFlush = flush;
        flush.GetAwaiter().UnsafeOnCompleted(_onFlushed);
    }

    /// <summary>Sends what was written.</summary>
    public ValueTask<FlushResult> SendAsync() => _output.FlushAsync(CancellationToken.None);

    /// <summary>Nothing more will be written: sends what was, then FIN.</summary>
    public void CompleteOutput() => _output.Complete();

    void IValueTaskSource.GetResult(short token) => _flushing.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _flushing.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flushing.OnCompleted(continuation, state, token, flags);

    private void OnFlushed()
    {
        _isFlushing = false;
        using (NoSyncContextScope.Enter())
        {
            try
            {
                _pendingFlush.GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                _flushing.SetException(e);
                return;
            }

            _flushing.SetResult(true);
        }
    }
}
