using System.Buffers;
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

    private readonly PipeWriter _output = connection.Transport.Output;
    private readonly AsyncLock _writeLock = new();
    private readonly CancellationTokenSource _disposed = new();
    // The output must count its bytes, which shows whether the encoder has written a part of a frame.
    private readonly bool _encodesIntoOutput = encoder.IsEncodeAtomic && connection.Transport.Output.CanGetUnflushedBytes;
    private Exception? _encodeError;

    public ConnectionContext Connection => connection;

    public IFrameEncoder<TOut> Encoder => encoder;

    /// <summary>The message connection that writes by this.</summary>
    public IMessageOutput<TOut> Owner => owner;

    /// <summary>Lets single messages wait for each other. Null: each is sent at once.</summary>
    public WriteCork? Cork { get; set; }

    /// <summary>Fires when the message connection is disposed.</summary>
    public CancellationToken Disposed => _disposed.Token;

    private bool IsBatchFull => !_output.CanGetUnflushedBytes || _output.UnflushedBytes >= FlushThreshold;

    private bool CanCork => _output.CanGetUnflushedBytes && _output.UnflushedBytes < CorkThreshold;

    public ValueTask WriteAsync(TOut message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        return _writeLock.TryAcquire()
            ? DetachOnCancel(WriteUnderLock(message), cancellationToken)
            : WaitAndWriteAsync(message, cancellationToken);
    }

    public async ValueTask WriteManyAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        await DetachOnCancel(WriteManyUnderLockAsync(messages, cancellationToken), cancellationToken);
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
                    WriteFrame(frame);
                    if (IsBatchFull)
                        break;
                }

                ThrowIfClosed(await FlushOutputAsync());
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
        DetachOnCancel(WriteAsync(source), cancellationToken);

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
                ThrowIfClosed(await FlushOutputAsync());
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
                WriteFrame(frame);
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

    /// <summary>Sends the messages that wait, after the writes that came before.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        try
        {
            ThrowIfEnded();
            ThrowIfClosed(await FlushOutputAsync());
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
        return _output.FlushAsync(CancellationToken.None);
    }

    /// <summary>Writes a whole frame to the output, and releases it.</summary>
    private void WriteFrame(PooledBuffer frame)
    {
        try
        {
            _output.Write(frame.WrittenMemory.Span);
            if (MessageMetrics.IsEnabled)
                MessageMetrics.OnSent(frame.WrittenMemory.Length);
        }
        finally
        {
            frame.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAndWriteAsync(TOut message, CancellationToken cancellationToken)
    {
        await _writeLock.AcquireAsync(cancellationToken);
        await DetachOnCancel(WriteUnderLock(message), cancellationToken);
    }

    private ValueTask WriteUnderLock(TOut message)
    {
        ValueTask<FlushResult> flush;
        try
        {
            ThrowIfEnded();
            Encode(message);
            if (Cork is { } cork && CanCork && cork.TryCork())
            {
                _writeLock.Release();
                return ValueTask.CompletedTask;
            }

            flush = FlushOutputAsync();
            if (flush.IsCompletedSuccessfully)
                ThrowIfClosed(flush.Result);
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
            ThrowIfClosed(await new BurstAwaitable<FlushResult>(flush, Cork));
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
                    Encode(message);
                    if (IsBatchFull)
                        ThrowIfClosed(await FlushOutputAsync());
                }
            }
            finally
            {
                // Also after an error: the messages before it are whole, and must not wait for the next write or for the close.
                if (!_disposed.IsCancellationRequested && _encodeError is null)
                    ThrowIfClosed(await FlushOutputAsync());
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
                Encode(message);
            }
            catch (Exception error)
            {
                source.OnRejected(error);
                if (_encodeError is not null || IsOutputCompleted())
                    throw;
            }

            if (IsBatchFull)
                return true;
        }

        return false;
    }

    private void Encode(TOut message)
    {
        try
        {
            if (_encodesIntoOutput)
                EncodeIntoOutput(message);
            else
                EncodeBuffered(message);
        }
        catch (InvalidOperationException error) when (_encodeError is null && IsOutputCompleted())
        {
            throw ClosedError(error);
        }
    }

    private void EncodeIntoOutput(TOut message)
    {
        var before = _output.UnflushedBytes;
        try
        {
            encoder.Encode(message, _output);
        }
        catch (Exception error) when (_output.UnflushedBytes != before && !IsOutputCompleted())
        {
            AbortAfterPartialFrame(_output.UnflushedBytes - before, error);
            throw _encodeError;
        }

        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnSent(_output.UnflushedBytes - before);
    }

    /// <summary>
    /// Aborts the connection, because written bytes cannot be withdrawn, and the peer could not read the bytes after them.
    /// </summary>
    [MemberNotNull(nameof(_encodeError))]
    private void AbortAfterPartialFrame(long count, Exception error)
    {
        var bytes = count == 1 ? "1 byte" : $"{count} bytes";
        var sentence = $"{encoder} threw {error.GetType().Name} after the first {bytes} of a frame, although its "
            + "IsEncodeAtomic is true: let Encode throw before it writes, or return false from IsEncodeAtomic";
        _encodeError = new InvalidOperationException($"{sentence}.", error);
        connection.Abort(CloseReason.Local(CloseCause.HandlerError, sentence, _encodeError));
    }

    /// <summary>
    /// Encodes into a separate buffer, because the encoder may throw in the middle, and the peer could not read the bytes after a
    /// part of a frame.
    /// </summary>
    private void EncodeBuffered(TOut message)
    {
        var frame = PooledBuffer.Rent();
        try
        {
            encoder.Encode(message, frame);
            _output.Write(frame.WrittenMemory.Span);
            if (MessageMetrics.IsEnabled)
                MessageMetrics.OnSent(frame.WrittenMemory.Length);
        }
        finally
        {
            frame.Release();
        }
    }

    /// <summary>Releases the caller on cancellation, while the write keeps the lock until it is complete.</summary>
    /// <remarks>
    /// The flush itself is never cancelled. Its bytes are in the pipe and will be sent, so the next writer has to wait as well:
    /// otherwise callers that cancel and write again would fill the memory. Below TLS, a cancelled flush would cut a record.
    /// </remarks>
    private static ValueTask DetachOnCancel(ValueTask write, CancellationToken cancellationToken) =>
        write.IsCompleted || !cancellationToken.CanBeCanceled ? write : DetachOnCancelAsync(write.AsTask(), cancellationToken);

    private static async ValueTask DetachOnCancelAsync(Task write, CancellationToken cancellationToken)
    {
        try
        {
            await write.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // No caller observes the result of this write. The next write and the close reason report an error.
            _ = write.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }

    private void ThrowIfEnded()
    {
        if (_disposed.IsCancellationRequested)
            throw DisposedError();
        if (_encodeError is { } error)
            throw ClosedError(error);
    }

    private ObjectDisposedException DisposedError() =>
        new(nameof(MessageConnection<>), $"Connection {connection.ConnectionId} was disposed and accepts no more messages.");

    private void ThrowIfClosed(FlushResult flush)
    {
        if (flush.IsCompleted)
            throw ClosedError();
    }

    private IOException ClosedError(Exception? error = null)
    {
        var reason = connection.CloseReason;
        var sentence = $"Connection {connection.ConnectionId} to {connection.RemoteEndPoint} accepts no more messages: "
            + $"{reason?.Description ?? "it is closed"}.";
        return reason is { Cause: CloseCause.Reset }
            ? new ConnectionResetException(sentence, reason.Exception!)
            : new IOException(sentence, reason?.Exception ?? error);
    }

    /// <summary>Whether this side has ended its output, or the connection was disposed.</summary>
    private bool IsOutputCompleted()
    {
        try
        {
            _output.GetMemory();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
