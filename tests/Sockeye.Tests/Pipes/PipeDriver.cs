namespace Sockeye.Tests.Pipes;

/// <summary>A driver whose two pipes a test fills and drains. Handlers resume at once.</summary>
internal sealed class PipeDriver : IPipeDriver
{
    public PipeDriver() => (Input, Output) = (new(this), new(this));

    public InputPipe Input { get; }

    public OutputPipe Output { get; }

    public SegmentPool Pool { get; } = new();

    public int MaxReadBufferSize { get; init; } = 64 * 1024;

    public int MaxWriteBufferSize { get; init; } = 64 * 1024;

    public TimeProvider TimeProvider => TimeProvider.System;

    public long Now => TimeProvider.GetTimestamp();

    public int ReceiveRequests { get; private set; }

    public int SendRequests { get; private set; }

    public Exception? HandlerError { get; private set; }

    /// <summary>Fills the input with bytes, in segments of the given size.</summary>
    public void Fill(ReadOnlySpan<byte> bytes, int size = SegmentPool.TinySize)
    {
        while (!bytes.IsEmpty && Input.TryBeginFill(size, out var segment, out var length))
        {
            var count = Math.Min(length, bytes.Length);
            if (segment is null)
            {
                Input.AddDiscarded(count);
            }
            else
            {
                bytes[..count].CopyTo(segment.Free.Span);
                Input.EndFill(count);
            }

            bytes = bytes[count..];
        }
    }

    public PipeSegment Rent(int size) => Pool.Rent(size);

    public void RequestReceive() => ReceiveRequests++;

    public void RequestSend() => SendRequests++;

    public void ResumeHandler(IThreadPoolWorkItem handler) => handler.Execute();

    public void OnReadPending()
    {
    }

    public void OnHandlerFailed(Exception exception) => HandlerError = exception;

    public void AssertDriving()
    {
    }
}
