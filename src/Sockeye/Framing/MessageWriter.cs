using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The output of a connection as messages. Callers take turns, in the order they came; safe from any thread.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer is memory only.")]
internal sealed class MessageWriter<TOut>(ConnectionContext connection, Codec<TOut> codec)
{
    /// <summary>
    /// With this many bytes in the pipe a batch waits until the transport has taken some, so that memory stays bounded.
    /// </summary>
    private const int FlushThreshold = 64 * 1024;

    private readonly PipeWriter _output = connection.Transport.Output;
    private readonly AsyncLock _writeLock = new();
    private readonly CancellationTokenSource _disposed = new();

    public ConnectionContext Connection => connection;

    public Codec<TOut> Codec => codec;

    /// <summary>Fires when the connection's owner disposes it.</summary>
    public CancellationToken Disposed => _disposed.Token;

    private bool IsBatchFull => !_output.CanGetUnflushedBytes || _output.UnflushedBytes >= FlushThreshold;

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

    /// <summary>Writes what is queued until nothing is, as many frames at a time as fill a batch.</summary>
    public async Task WriteAsync(BroadcastQueue queue)
    {
        do
        {
            await _writeLock.AcquireAsync();
            try
            {
                ThrowIfDisposed();
                while (queue.TryDequeue(out var frame))
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

                    if (IsBatchFull)
                        break;
                }

                ThrowIfClosed(await _output.FlushAsync());
            }
            finally
            {
                _writeLock.Release();
            }
        }
        while (!queue.TryStopSending());
    }

    /// <summary>Waits until nobody is writing; those who wait for their turn fail.</summary>
    /// <remarks>A write that waits for the peer to make room is let go: its bytes are in the pipe, and whoever closes the
    /// connection sends them, within a timeout. A peer that does not read could hold this up for ever otherwise.</remarks>
    public async ValueTask CloseAsync()
    {
        _disposed.Cancel();
        // Behind the flag: a writer that has not seen it yet either waits now, or its next flush returns at once.
        _output.CancelPendingFlush();
        await _writeLock.AcquireAsync();
        try
        {
            // Takes the cancelling back, if it has met no flush: the next one may be another user's.
            _output.CancelPendingFlush();
            await _output.FlushAsync();
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or OperationCanceledException)
        {
            // The output was completed: no flush follows.
        }
        finally
        {
            _writeLock.Release();
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
            ThrowIfDisposed();
            Encode(message);
            flush = _output.FlushAsync(CancellationToken.None);
            if (flush.IsCompletedSuccessfully)
                ThrowIfClosed(flush.Result);
            else
                return FlushAndUnlockAsync(flush);
        }
        catch (Exception error)
        {
            _writeLock.Release();
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
            ThrowIfClosed(await flush);
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
            ThrowIfDisposed();
            try
            {
                var index = 0;
                foreach (var message in messages)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ThrowIfDisposed();
                    NullMessage.ThrowIfNull(message, index++, nameof(messages));
                    Encode(message);
                    if (IsBatchFull)
                        ThrowIfClosed(await _output.FlushAsync(CancellationToken.None));
                }
            }
            finally
            {
                // After an error too: the messages before it are whole, and must not lie here until somebody writes again.
                // Whoever closes the connection sends them as well.
                if (!_disposed.IsCancellationRequested)
                    ThrowIfClosed(await _output.FlushAsync(CancellationToken.None));
            }
        }
        finally
        {
            _writeLock.Release();
        }
    }

    private void Encode(TOut message)
    {
        try
        {
            if (!codec.ChecksBeforeWriting || (MessageMetrics.IsEnabled && !_output.CanGetUnflushedBytes))
                EncodeBuffered(message);
            else if (MessageMetrics.IsEnabled)
                EncodeMeasured(message);
            else
                codec.Encode(message, _output);
        }
        catch (InvalidOperationException error) when (IsOutputCompleted())
        {
            throw ClosedError(error);
        }
    }

    private void EncodeMeasured(TOut message)
    {
        var before = _output.UnflushedBytes;
        codec.Encode(message, _output);
        MessageMetrics.OnSent(_output.UnflushedBytes - before);
    }

    /// <summary>Somebody else's codec may throw half-way, and half a frame on the stream would spoil all that follow.</summary>
    private void EncodeBuffered(TOut message)
    {
        var frame = PooledBuffer.Rent();
        try
        {
            codec.Encode(message, frame);
            _output.Write(frame.WrittenMemory.Span);
            if (MessageMetrics.IsEnabled)
                MessageMetrics.OnSent(frame.WrittenMemory.Length);
        }
        finally
        {
            frame.Release();
        }
    }

    /// <summary>Lets the caller go on cancellation, while the write keeps its turn until it is over.</summary>
    /// <remarks>
    /// The flush itself is never cancelled. Its bytes are in the pipe and will be sent, so the next writer has to wait as this
    /// one did: otherwise callers who give up and write again would fill the memory. And below TLS a cancelled flush would tear a
    /// record.
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
            // Nobody is left to hear how the write ends: the next one and the close reason tell.
            _ = write.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }

    private void ThrowIfDisposed()
    {
        if (_disposed.IsCancellationRequested)
            throw DisposedError();
    }

    private ObjectDisposedException DisposedError() =>
        new(nameof(MessageConnection<>), $"Connection {connection.ConnectionId} was disposed and takes no more messages.");

    private void ThrowIfClosed(FlushResult flush)
    {
        if (flush.IsCompleted)
            throw ClosedError();
    }

    private IOException ClosedError(Exception? error = null)
    {
        var reason = connection.CloseReason;
        var sentence = $"Connection {connection.ConnectionId} to {connection.RemoteEndPoint} takes no more messages: "
            + $"{reason?.Description ?? "it is closed"}.";
        return reason is { Cause: CloseCause.Reset }
            ? new ConnectionResetException(sentence, reason.Exception!)
            : new IOException(sentence, reason?.Exception ?? error);
    }

    /// <summary>Whether this side has ended its output, or the connection was disposed by someone else.</summary>
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
