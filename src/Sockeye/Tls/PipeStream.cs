using System.IO.Pipelines;

namespace Sockeye;

/// <summary>
/// The two pipes of a connection as the one stream that <c>SslStream</c> stands on. Waiting for data holds no buffer, reading and
/// writing allocate nothing, and what waits goes on inline, without a context.
/// </summary>
/// <remarks>
/// <c>SslStream</c> awaits without a context. A task that ends while its thread has one sends such an await to the thread pool,
/// where a simulation cannot follow; so waits end outside of any context (<see cref="NoSyncContextScope"/>). Tokens are not looked at:
/// who gives up ends the connection below. One reader and one writer at a time.
/// </remarks>
internal sealed partial class PipeStream : Stream
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;

    public PipeStream(IDuplexPipe pipe)
    {
        (_input, _output) = (pipe.Input, pipe.Output);
        (_onRead, _onFlushed) = (OnRead, OnFlushed);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // Writing does it.

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
