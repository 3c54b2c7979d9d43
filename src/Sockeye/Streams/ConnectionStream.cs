using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The two pipes of a connection as a stream for any library.</summary>
/// <remarks>One reader and one writer at a time. Disposal is safe from any thread.</remarks>
internal sealed class ConnectionStream(ConnectionContext connection) : Stream
{
    /// <summary>A longer write is flushed in parts of this size in bytes, which bounds the memory.</summary>
    private const int MaxWriteSize = 64 * 1024;

    private readonly PipeReader _input = connection.Transport.Input;
    private readonly PipeWriter _output = connection.Transport.Output;

    /// <summary>Whether the connection continues in a context, even if the caller has left it.</summary>
    private readonly bool _hasContext = !Scheduling.GetScheduler(connection).IsThreadPool();

    private int _isDisposed;

    public ConnectionContext Connection => connection;

    public override bool CanRead => !IsDisposed;

    public override bool CanWrite => !IsDisposed;

    public override bool CanSeek => false;

    public override long Length => throw NotSeekableError();

    public override long Position { get => throw NotSeekableError(); set => throw NotSeekableError(); }

    private bool HasContext => _hasContext || SynchronizationContext.Current is not null;

    private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var reading = ReadPartAsync(buffer, cancellationToken);
        return reading.IsCompleted || !HasContext ? reading : new(OutsideContext(reading));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        using (NoSyncContextScope.Enter())
            return ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var writing = WriteAllAsync(buffer, cancellationToken);
        return writing.IsCompleted || !HasContext ? writing : new(OutsideContext(WithResult(writing)));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        using (NoSyncContextScope.Enter())
            WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Does nothing: a write is sent at once.</summary>
    public override void Flush() => ObjectDisposedException.ThrowIf(IsDisposed, this);

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;
    }

    public override long Seek(long offset, SeekOrigin origin) => throw NotSeekableError();

    public override void SetLength(long value) => throw NotSeekableError();

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0 && !connection.HasOwner)
            await connection.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _ = CloseInBackgroundAsync();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Returns a task that completes outside any context. Users of streams await without a context, and such a continuation
    /// leaves a thread that has one for the thread pool, which a simulation cannot control.
    /// </summary>
    /// <remarks>A pooled value task continues on the thread that completes it. A task would leave one with a context.</remarks>
    private static Task<T> OutsideContext<T>(ValueTask<T> operation)
    {
        var completion = new TaskCompletionSource<T>();
        var awaiter = operation.GetAwaiter();
        awaiter.UnsafeOnCompleted(() =>
        {
            using (NoSyncContextScope.Enter())
                Complete(completion, awaiter);
        });
        return completion.Task;
    }

    private static void Complete<T>(TaskCompletionSource<T> completion, ValueTaskAwaiter<T> awaiter)
    {
        T result;
        try
        {
            result = awaiter.GetResult();
        }
        catch (OperationCanceledException e)
        {
            completion.SetCanceled(e.CancellationToken);
            return;
        }
        catch (Exception e)
        {
            completion.SetException(e);
            return;
        }

        completion.SetResult(result);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> WithResult(ValueTask task)
    {
        await task;
        return true;
    }

    private async Task CloseInBackgroundAsync()
    {
        try
        {
            await DisposeAsync();
        }
        catch (Exception error)
        {
            // A synchronous Dispose has no caller that waits for the end.
            connection.SetCloseReason(CloseReason.Local(CloseCause.Abort, $"closing failed: {error.Message}", error));
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadPartAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ReadResult read;
        try
        {
            read = await _input.ReadAsync(cancellationToken);
        }
        catch (Exception error) when (ToStreamError(error, cancellationToken) is { } known)
        {
            throw known;
        }

        var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
        part.CopyTo(buffer.Span);
        var count = (int)part.Length;
        _input.AdvanceTo(part.End);
        return read.IsCanceled && count == 0 && !buffer.IsEmpty
            ? throw new OperationCanceledException($"The read of connection {connection.ConnectionId} was cancelled.")
            : count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAllAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, MaxWriteSize)];
            buffer = buffer[part.Length..];
            FlushResult flush;
            try
            {
                flush = await _output.WriteAsync(part, cancellationToken);
            }
            catch (Exception error) when (ToStreamError(error, cancellationToken) is { } known)
            {
                throw known;
            }

            if (flush.IsCompleted)
                throw ClosedError(null);
        }
    }

    /// <summary>Returns the exception that users of streams expect for an error of a pipe; null if it is that already.</summary>
    private Exception? ToStreamError(Exception error, CancellationToken cancellationToken) => error switch
    {
        _ when IsDisposed => new ObjectDisposedException(nameof(Stream), error),
        // It derives from OperationCanceledException, although no caller cancelled anything.
        ConnectionAbortedException => new IOException(error.Message, error),
        OperationCanceledException when !cancellationToken.IsCancellationRequested => ClosedError(error),
        InvalidOperationException => ClosedError(error),
        _ => null,
    };

    private IOException ClosedError(Exception? error) => new(
        $"Connection {connection.ConnectionId} to {connection.RemoteEndPoint} is closed: "
            + $"{connection.CloseReason?.Description ?? "this side has ended"}.",
        error ?? connection.CloseReason?.Exception);

    private static NotSupportedException NotSeekableError() => new("The stream of a connection cannot seek and has no length.");
}
