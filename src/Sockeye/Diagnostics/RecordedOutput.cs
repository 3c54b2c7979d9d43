using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Records written bytes when they are flushed.</summary>
internal sealed class RecordedOutput(PipeWriter inner, Recording recording) : PipeWriter, ITransparentPipe
{
    private Memory<byte> _memory;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        // The bytes are copied before the inner writer gets them. It rejects a wrong count.
        var written = (uint)bytes <= _memory.Length ? _memory[..bytes] : default;
        recording.Write(written.Span);
        inner.Advance(bytes);
        _memory = _memory[written.Length..]; // The caller may write and advance the rest as well.
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        // Recorded first, because the peer's response must come after it.
        recording.Flush();
        return inner.FlushAsync(cancellationToken);
    }

    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return WriteCancelledAsync(source, cancellationToken);
        recording.Flush();
        recording.Send(new(source));
        _memory = default;
        return inner.WriteAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        OnCompleting(exception);
        inner.Complete(exception);
    }

    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        OnCompleting(exception);
        return inner.CompleteAsync(exception);
    }

    private void OnCompleting(Exception? exception)
    {
        if (exception is null)
            recording.OnOutputCompleted();
        else
            recording.OnOutputBroken();
    }

    /// <summary>Handles a cancelled write: some writers keep its bytes for the next flush, others do not.</summary>
    private ValueTask<FlushResult> WriteCancelledAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        var before = CanGetUnflushedBytes ? UnflushedBytes : 0;
        var result = inner.WriteAsync(source, cancellationToken);
        if (CanGetUnflushedBytes && UnflushedBytes != before)
            recording.Write(source.Span);
        return result;
    }
}
