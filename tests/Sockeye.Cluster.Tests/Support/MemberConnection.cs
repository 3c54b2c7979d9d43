using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>A connection whose peer receives each line at once, on the thread that sends it.</summary>
internal sealed class MemberConnection : TransportConnection
{
    /// <summary>Nothing arrives, so that all connections may share it.</summary>
    private static readonly PipeReader NoInput = new Pipe().Reader;

    private readonly LineOutput _output;

    public MemberConnection(Action<string> onLine)
    {
        _output = new(onLine);
        Transport = new Pipes(NoInput, _output);
        (LocalEndPoint, RemoteEndPoint) = (new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2));
    }

    /// <summary>Holds each flush back until the result is disposed, as a peer that does not read.</summary>
    public IDisposable Block() => _output.Block();

    public override MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

    public override long BytesReceived => 0;

    public override long BytesSent => _output.Sent;

    public override PipeScheduler Scheduler => PipeScheduler.Inline;

    public override void Abort(CloseReason reason) => Close(reason);

    public override void Close(CloseReason reason)
    {
        SetCloseReason(reason);
        SignalClosed();
    }

    public override ValueTask DisposeAsync()
    {
        Close(Sockeye.CloseReason.LocalFin);
        return default;
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class LineOutput(Action<string> onLine) : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private volatile TaskCompletionSource? _block;

        public long Sent { get; private set; }

        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => _bytes.WrittenCount;

        public override void Advance(int bytes) => _bytes.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _bytes.GetSpan(sizeHint);

        public IDisposable Block()
        {
            var block = _block = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new Release(() =>
            {
                _block = null;
                block.SetResult();
            });
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            var text = Encoding.UTF8.GetString(_bytes.WrittenSpan);
            Sent += _bytes.WrittenCount;
            _bytes.ResetWrittenCount();
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                onLine(line);
            return _block is { } block ? new(WaitAsync(block.Task)) : default;
        }

        private static async Task<FlushResult> WaitAsync(Task end)
        {
            await end;
            return default;
        }

        private sealed class Release(Action release) : IDisposable
        {
            public void Dispose() => release();
        }
    }
}
