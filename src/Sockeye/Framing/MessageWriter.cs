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
    private readonly Turn _turn = new();
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
        return _turn.TryTake()
            ? Detachable(WriteInTurn(message), cancellationToken)
            : WaitAndWriteAsync(message, cancellationToken);
    }

    public async ValueTask WriteManyAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        await Detachable(WriteManyInTurnAsync(messages, cancellationToken), cancellationToken);
    }

    /// <summary>Writes what is queued until nothing is, as many frames at a time as fill a batch.</summary>
    public async Task WriteAsync(BroadcastQueue queue)
    {
        do
        {
            await _turn.WaitAsync();
            try
            {
                ThrowIfDisposed();
                while (queue.TryDequeue(out var frame))
                {
                    try
                    {
                        _output.Write(frame.Written.Span);
                        if (MessageMetrics.IsEnabled)
                            MessageMetrics.OnSent(frame.Written.Length);
                    }
                    finally
                    {
                        frame.Release();
                    }

                    if (IsBatchFull)
                        break;
                }

                ThrowIfGone(await _output.FlushAsync());
            }
            finally
            {
                _turn.Release();
            }
        }
        while (!queue.TryRest());
    }

    /// <summary>Waits until nobody is writing; those who wait for their turn fail.</summary>
    /// <remarks>A write that waits for the peer to make room is let go: its bytes are in the pipe, and whoever closes the
    /// connection sends them, within a timeout. A peer that does not read could hold this up for ever otherwise.</remarks>
    public async ValueTask CloseAsync()
    {
        _disposed.Cancel();
        // Behind the flag: a writer that has not seen it yet either waits now, or its next flush returns at once.
        _output.CancelPendingFlush();
        await _turn.WaitAsync();
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
            _turn.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAndWriteAsync(TOut message, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        await Detachable(WriteInTurn(message), cancellationToken);
    }

    private ValueTask WriteInTurn(TOut message)
    {
        ValueTask<FlushResult> flush;
        try
        {
            ThrowIfDisposed();
            Encode(message);
            flush = _output.FlushAsync(CancellationToken.None);
            if (flush.IsCompletedSuccessfully)
                ThrowIfGone(flush.Result);
            else
                return FinishAsync(flush);
        }
        catch (Exception error)
        {
            _turn.Release();
            return ValueTask.FromException(error);
        }

        _turn.Release();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            ThrowIfGone(await flush);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask WriteManyInTurnAsync(IEnumerable<TOut> messages, CancellationToken cancellationToken)
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
                    NoMessage.ThrowIfNull(message, index++, nameof(messages));
                    Encode(message);
                    if (IsBatchFull)
                        ThrowIfGone(await _output.FlushAsync(CancellationToken.None));
                }
            }
            finally
            {
                // After an error too: the messages before it are whole, and must not lie here until somebody writes again.
                // Whoever closes the connection sends them as well.
                if (!_disposed.IsCancellationRequested)
                    ThrowIfGone(await _output.FlushAsync(CancellationToken.None));
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Encode(TOut message)
    {
        try
        {
            if (!codec.ChecksBeforeWriting || (MessageMetrics.IsEnabled && !_output.CanGetUnflushedBytes))
                EncodeBeside(message);
            else if (MessageMetrics.IsEnabled)
                EncodeMeasured(message);
            else
                codec.Encode(message, _output);
        }
        catch (InvalidOperationException error) when (IsOutputCompleted())
        {
            throw GoneError(error);
        }
    }

    private void EncodeMeasured(TOut message)
    {
        var before = _output.UnflushedBytes;
        codec.Encode(message, _output);
        MessageMetrics.OnSent(_output.UnflushedBytes - before);
    }

    /// <summary>Somebody else's codec may throw half-way, and half a frame on the stream would spoil all that follow.</summary>
    private void EncodeBeside(TOut message)
    {
        var frame = PooledBuffer.Rent();
        try
        {
            codec.Encode(message, frame);
            _output.Write(frame.Written.Span);
            if (MessageMetrics.IsEnabled)
                MessageMetrics.OnSent(frame.Written.Length);
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
    private static ValueTask Detachable(ValueTask write, CancellationToken cancellationToken) =>
        write.IsCompleted || !cancellationToken.CanBeCanceled ? write : DetachableAsync(write.AsTask(), cancellationToken);

    private static async ValueTask DetachableAsync(Task write, CancellationToken cancellationToken)
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

    private void ThrowIfGone(FlushResult flush)
    {
        if (flush.IsCompleted)
            throw GoneError();
    }

    private IOException GoneError(Exception? error = null)
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
