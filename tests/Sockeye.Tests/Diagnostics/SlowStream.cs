namespace Sockeye.Tests.Diagnostics;

/// <summary>Takes its time for every write.</summary>
internal sealed class SlowStream(TimeProvider time, TimeSpan delay) : MemoryStream
{
    public bool IsDisposed { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Delay(delay, time, cancellationToken);
        Write(buffer.Span);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing) => IsDisposed = true;
}
