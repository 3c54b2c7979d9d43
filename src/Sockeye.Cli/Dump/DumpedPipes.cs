using System.Buffers;
using System.IO.Pipelines;

namespace Sockeye.Cli;

/// <summary>The pipes of a connection whose data is dumped.</summary>
internal sealed class DumpedPipes(IDuplexPipe inner, DumpDirection received, DumpDirection sent) : IDuplexPipe
{
    public PipeReader Input { get; } = new DumpedInput(inner.Input, received);

    public PipeWriter Output { get; } = new DumpedOutput(inner.Output, sent);

    /// <summary>Dumps bytes when a reader gets them for the first time.</summary>
    private sealed class DumpedInput(PipeReader inner, DumpDirection direction) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;
        private long _dumped;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            Dump(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            if (!inner.TryRead(out result))
                return false;
            Dump(result);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            _dumped -= _buffer.IsEmpty ? 0 : _buffer.Slice(_buffer.Start, consumed).Length;
            _buffer = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private ReadResult Dump(ReadResult read)
        {
            _buffer = read.Buffer;
            direction.Write(_buffer.Slice(_dumped));
            _dumped = _buffer.Length;
            if (read.IsCompleted)
                direction.End();
            return read;
        }
    }

    /// <summary>Dumps bytes when they are flushed, so that the response of the peer follows them.</summary>
    private sealed class DumpedOutput(PipeWriter inner, DumpDirection direction) : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _written = new();
        private Memory<byte> _memory;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            _written.Write(_memory.Span[..bytes]);
            inner.Advance(bytes);
            _memory = _memory[bytes..];
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Dump();
            return inner.FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
            Dump();
            if (exception is null)
                direction.End();
            inner.Complete(exception);
        }

        public override ValueTask CompleteAsync(Exception? exception = null)
        {
            Dump();
            if (exception is null)
                direction.End();
            return inner.CompleteAsync(exception);
        }

        private void Dump()
        {
            direction.Write(new(_written.WrittenMemory));
            _written.ResetWrittenCount();
        }
    }
}
