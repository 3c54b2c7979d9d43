using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Sockeye;

internal sealed partial class PipeStream : IValueTaskSource<int>
{
    private readonly Action _onRead;
    private ManualResetValueTaskSourceCore<int> _reading;
    private ValueTask<ReadResult> _pendingRead;
    private Memory<byte> _buffer;

    /// <summary>What was taken from the connection before this stream read from it, and is TLS: it is read first.</summary>
    public ReadOnlyMemory<byte> Prefix { get; set; }

    /// <summary>The first bytes that arrive; throws to refuse them.</summary>
    public Action<ReadOnlySequence<byte>>? OnFirstBytes { get; set; }

    /// <summary>Called with every arrival.</summary>
    public Action? OnProgress { get; set; }

    /// <summary>Held while what has arrived is worked on, from when <see cref="AfterRead"/> is set.</summary>
    public Lock ProcessingLock { get; } = new();

    /// <summary>Called after a read that had to wait, free of the lock.</summary>
    public Action? AfterRead { get; set; }

    /// <summary>Whether the connection below ended in order, and all of it was read.</summary>
    public bool HasEnded { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Prefix.IsEmpty)
            return new(TakePrefix(buffer));
#pragma warning disable CA2012 // Kept, since it is consumed once, when it is complete.
        var read = _input.ReadAsync(CancellationToken.None);
#pragma warning restore CA2012
        if (read.IsCompletedSuccessfully)
            return new(Take(read.Result, buffer));
        _reading.Reset();
        (_pendingRead, _buffer) = (read, buffer);
        read.GetAwaiter().UnsafeOnCompleted(_onRead);
        return new(this, _reading.Version);
    }

    /// <summary>Nothing more will be read: what still arrives is thrown away.</summary>
    public void CompleteInput() => _input.Complete();

    /// <summary>Ends a read that waits, or the next one.</summary>
    public void CancelRead() => _input.CancelPendingRead();

    int IValueTaskSource<int>.GetResult(short token) => _reading.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reading.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reading.OnCompleted(continuation, state, token, flags);

    private void OnRead()
    {
        if (AfterRead is not { } after)
        {
            EndRead();
            return;
        }

        lock (ProcessingLock)
            EndRead();
        after();
    }

    private void EndRead()
    {
        using (NoSyncContextScope.Enter())
        {
            int count;
            try
            {
                count = Take(_pendingRead.GetAwaiter().GetResult(), _buffer);
            }
            catch (Exception e)
            {
                _reading.SetException(e);
                return;
            }

            _reading.SetResult(count);
        }
    }

    private int TakePrefix(Memory<byte> buffer)
    {
        var part = Prefix[..Math.Min(Prefix.Length, buffer.Length)];
        part.CopyTo(buffer);
        Prefix = Prefix[part.Length..];
        OnFirstBytes = null;
        return part.Length;
    }

    private int Take(in ReadResult read, Memory<byte> buffer)
    {
        if (read.IsCanceled)
        {
            _input.AdvanceTo(read.Buffer.Start);
            throw new OperationCanceledException("Reading was given up.");
        }

        var count = (int)Math.Min(read.Buffer.Length, buffer.Length);
        var part = read.Buffer.Slice(0, count);
        try
        {
            if (read.Buffer.IsEmpty)
            {
                HasEnded |= read.IsCompleted;
            }
            else
            {
                OnProgress?.Invoke();
                OnFirstBytes?.Invoke(read.Buffer);
                OnFirstBytes = null;
                part.CopyTo(buffer.Span);
            }
        }
        finally
        {
            _input.AdvanceTo(part.End);
        }

        return count;
    }
}
