using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Records what is written, when it is flushed.</summary>
internal sealed class RecordedOutput(PipeWriter inner, Recording recording) : PipeWriter
{
    private Memory<byte> _memory;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        // Copied before they are handed over; the writer below refuses a wrong count.
        var written = (uint)bytes <= _memory.Length ? _memory[..bytes] : default;
        recording.Write(written.Span);
        inner.Advance(bytes);
        _memory = _memory[written.Length..]; // The rest may be written and advanced as well.
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        // First: the peer's answer must come after it.
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

    /// <summary>Some writers keep the bytes of a cancelled write for the next flush, and some do not.</summary>
    private ValueTask<FlushResult> WriteCancelledAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        var before = CanGetUnflushedBytes ? UnflushedBytes : 0;
        var result = inner.WriteAsync(source, cancellationToken);
        if (CanGetUnflushedBytes && UnflushedBytes != before)
            recording.Write(source.Span);
        return result;
    }
}
