using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Writes messages to the output of a connection. Safe to call from any thread; callers are served in order.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer needs no disposal.")]
internal sealed class MessageWriter<TOut>(
    ConnectionContext connection, IFrameEncoder<TOut> encoder, IMessageOutput<TOut> owner) : ICorkedOutput
{
    /// <summary>
    /// At this many unflushed bytes, a batch flushes and waits for the transport, which bounds the memory.
    /// </summary>
    private const int FlushThreshold = 64 * 1024;

    /// <summary>At this many unflushed bytes, single messages no longer wait for each other.</summary>
    private const int CorkThreshold = 16 * 1024;

    private readonly FrameOutput<TOut> _output = new(connection, encoder);
    private readonly AsyncLock _writeLock = new();
    private readonly CancellationTokenSource _disposed = new();

    public ConnectionContext Connection => connection;

    public IFrameEncoder<TOut> Encoder => _output.Encoder;

    /// <summary>The message connection that writes by this.</summary>
    public IMessageOutput<TOut> Owner => owner;

    /// <summary>Lets single messages wait for each other. Null: each is sent at once.</summary>
    public WriteCork? Cork { get; set; }

    /// <summary>Fires when the message connection is disposed.</summary>
    public CancellationToken Disposed => _disposed.Token;

    private bool IsBatchFull => _output.Holds(FlushThreshold);

    public ValueTask WriteAsync(TOut message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        return _writeLock.TryAcquire()
            ? WriteUnderLock(message).DetachOnCancel(cancellationToken)
            : WaitAndWriteAsync(message, cancellationToken);
    }

    public async ValueTask WriteManyAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        await WriteManyUnderLockAsync(messages, cancellationToken).DetachOnCancel(cancellationToken);
    }

    /// <summary>Writes queued frames in batches until the queue is empty.</summary>
    public async Task WriteAsync(BroadcastQueue queue)
    {
        do
        {
            await _writeLock.AcquireAsync();
            try
            {
                ThrowIfEnded();
                while (queue.TryDequeue(out var frame))
                {
                    _output.Write(frame);
                    if (IsBatchFull)
                        break;
                }

                _output.ThrowIfClosed(await FlushOutputAsync());
            }
            finally
            {
                _writeLock.Release();
            }
        }
        while (!queue.TryStopSending());
    }

    /// <inheritdoc cref="WriteAsync(IMessageSource{TOut})"/>
    /// <param name="source">The messages.</param>
    /// <param name="cancellationToken">Releases the caller; the write ends when the source has no further message.</param>
    public ValueTask WriteAsync(IMessageSource<TOut> source, CancellationToken cancellationToken) =>
        WriteAsync(source).DetachOnCancel(cancellationToken);

    /// <summary>Writes the messages of a source, in batches, until it has none.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(IMessageSource<TOut> source)
    {
        await _writeLock.AcquireAsync();
        try
        {
            bool hasMore;
            do
            {
                ThrowIfEnded();
                hasMore = WriteBatch(source);
                _output.ThrowIfClosed(await FlushOutputAsync());
            }
            while (hasMore);
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>Ends the output after the writes that came before.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        try
        {
            await _output.CompleteAsync();
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>Waits for the current write; waiting writes fail. Writes what the closed queue still holds.</summary>
    /// <remarks>A write that waits for the peer is released: its bytes are in the pipe, and closing the connection sends them,
    /// within a timeout. Otherwise a peer that does not read could delay this call without end.</remarks>
    public async ValueTask CloseAsync(BroadcastQueue? queue)
    {
        _disposed.Cancel();
        // After the flag is set: a writer that has not seen it either waits now, or its next flush returns at once.
        _output.CancelPendingFlush();
        await _writeLock.AcquireAsync();
        try
        {
            while (queue is { Count: > 0 } && queue.TryDequeue(out var frame))
                _output.Write(frame);
            // Consumes the cancellation, if no flush was pending, so that it does not cancel a later flush of the owner.
            _output.CancelPendingFlush();
            await FlushOutputAsync();
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or OperationCanceledException)
        {
            // The output was completed: no flush follows.
        }
        finally
        {
            queue?.CloseAndDiscard();
            _writeLock.Release();
        }
    }

    /// <summary>Runs a function that moves the connection while no message is written. Queued messages are written
    /// before.</summary>
    /// <param name="moving">Returns true if the connection has moved; then queued and later messages are not written.</param>
    /// <param name="queue">The queue of messages to be written in the background, or null.</param>
    /// <param name="cancellationToken">Cancels the wait for the writes that came before.</param>
    public async ValueTask<bool> HoldAsync(
        Func<ValueTask<bool>> moving, BroadcastQueue? queue, CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        try
        {
            if (await HoldQueueAsync(moving, queue))
                return true;
            await FlushOutputAsync(); // The next write throws if the connection has ended meanwhile.
            return false;
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>Ends the hold unless the connection has moved, also if the move throws.</summary>
    private async ValueTask<bool> HoldQueueAsync(Func<ValueTask<bool>> moving, BroadcastQueue? queue)
    {
        var hasMoved = false;
        queue?.Hold();
        try
        {
            while (queue?.TryTakeHeld() is { } frame)
                _output.Write(frame);
            _output.Commit(); // The connection moves with the bytes of its output.
            hasMoved = await moving();
        }
        finally
        {
            if (!hasMoved)
                queue?.EndHold();
        }

        return hasMoved;
    }

    /// <summary>Sends the messages that wait, after the writes that came before.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        try
        {
            ThrowIfEnded();
            _output.ThrowIfClosed(await FlushOutputAsync());
        }
        finally
        {
            _writeLock.Release();
        }
    }

    public void FlushCorked()
    {
        // A writer that has the lock sends everything when it ends.
        if (_writeLock.TryAcquire())
            _ = FlushCorkedUnderLockAsync();
    }

    private async Task FlushCorkedUnderLockAsync()
    {
        try
        {
            if (Cork is { IsCorked: true })
                await FlushOutputAsync();
        }
        catch (Exception)
        {
            // The connection accepts no more. The next write, the reader and the close reason report why.
        }
        finally
        {
            _writeLock.Release();
        }
    }

    private ValueTask<FlushResult> FlushOutputAsync()
    {
        Cork?.OnFlush();
        return _output.FlushAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAndWriteAsync(TOut message, CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        await WriteUnderLock(message).DetachOnCancel(cancellationToken);
    }

    private ValueTask WriteUnderLock(TOut message)
    {
        ValueTask<FlushResult> flush;
        try
        {
            ThrowIfEnded();
            _output.Encode(message);
            if (Cork is { } cork && !_output.Holds(CorkThreshold) && cork.TryCork())
            {
                _writeLock.Release();
                return ValueTask.CompletedTask;
            }

            flush = FlushOutputAsync();
            if (flush.IsCompletedSuccessfully)
                _output.ThrowIfClosed(flush.Result);
            else
                return FlushAndUnlockAsync(flush);
        }
        catch (Exception error)
        {
            _writeLock.Release();
            Cork?.Flush(); // The messages before it are whole.
            return ValueTask.FromException(error);
        }

        _writeLock.Release();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FlushAndUnlockAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            _output.ThrowIfClosed(await new BurstAwaitable<FlushResult>(flush, Cork));
        }
        finally
        {
            _writeLock.Release();
        }
    }

    private async ValueTask WriteManyUnderLockAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken)
    {
        try
        {
            ThrowIfEnded();
            try
            {
                var index = 0;
                foreach (var message in messages)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ThrowIfEnded();
                    NullMessage.ThrowIfNull(message, index++, nameof(messages));
                    _output.Encode(message);
                    if (IsBatchFull)
                        _output.ThrowIfClosed(await FlushOutputAsync());
                }
            }
            finally
            {
                // Also after an error: the messages before it are whole, and must not wait for the next write or for the close.
                if (!_disposed.IsCancellationRequested && !_output.IsBroken)
                    _output.ThrowIfClosed(await FlushOutputAsync());
            }
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>Encodes messages until the source has none, or the batch is full. Returns whether the source may have
    /// more.</summary>
    private bool WriteBatch(IMessageSource<TOut> source)
    {
        while (source.TryTake(out var message))
        {
            try
            {
                NullMessage.ThrowIfNull(message);
                _output.Encode(message);
            }
            catch (Exception error)
            {
                source.OnRejected(error);
                if (_output.IsBroken || _output.IsCompleted)
                    throw;
            }

            if (IsBatchFull)
                return true;
        }

        return false;
    }

    private void ThrowIfEnded()
    {
        if (_disposed.IsCancellationRequested)
        {
            throw new ObjectDisposedException(
                nameof(MessageConnection<>), $"Connection {connection.ConnectionId} was disposed and accepts no more messages.");
        }

        _output.ThrowIfBroken();
    }
}
