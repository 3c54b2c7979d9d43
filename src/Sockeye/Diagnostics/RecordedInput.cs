using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Records the bytes that a reader gets, each when it is returned for the first time.</summary>
internal sealed class RecordedInput(PipeReader inner, Recording recording) : PipeReader, ITransparentPipe
{
    private ReadOnlySequence<byte> _buffer;

    /// <summary>The number of bytes, from the start of the next read, that are recorded already.</summary>
    private long _recordedLength;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read;
        try
        {
            read = inner.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (IsEnd(e))
        {
            recording.OnInputBroken();
            throw;
        }

        if (read.IsCompletedSuccessfully)
            return new(Record(read.Result));
        recording.OnReadPending();
        return AwaitAsync(read);
    }

    public override bool TryRead(out ReadResult result)
    {
        try
        {
            if (!inner.TryRead(out result))
                return false;
        }
        catch (Exception e) when (IsEnd(e))
        {
            recording.OnInputBroken();
            throw;
        }

        Record(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // Counted before the call, after which the memory may be reused.
        var taken = CountTo(consumed);
        inner.AdvanceTo(consumed, examined);
        _recordedLength -= taken;
        _buffer = default;
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        inner.Complete(exception);
        recording.OnInputBroken();
    }

    private static bool IsEnd(Exception error) => error is IOException or ConnectionAbortedException;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read)
    {
        try
        {
            return Record(await read);
        }
        catch (Exception e) when (IsEnd(e))
        {
            recording.OnInputBroken();
            throw;
        }
    }

    private ReadResult Record(in ReadResult result)
    {
        _buffer = result.Buffer;
        var length = _buffer.Length;
        if (length > _recordedLength)
        {
            recording.Receive(_buffer.Slice(_recordedLength));
            _recordedLength = length;
        }

        if (result.IsCompleted)
            recording.OnInputEnded();
        return result;
    }

    private long CountTo(SequencePosition consumed)
    {
        try
        {
            return _buffer.IsEmpty ? 0 : _buffer.Slice(_buffer.Start, consumed).Length;
        }
        catch (ArgumentOutOfRangeException)
        {
            return 0; // The position is not of this read, and the inner reader throws.
        }
    }
}
