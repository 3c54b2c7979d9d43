using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace Sockeye;

/// <summary>Reads the requests of one connection, calls a function for each, and writes the responses.</summary>
internal sealed class ResponseLoop<TRequest, TResponse>(
    MessageConnection<TRequest, TResponse> messages, Func<TRequest, CancellationToken, ValueTask<TResponse>> respond,
    Func<TRequest, Exception, TResponse>? onError, RespondOptions options)
{
    private readonly RequestSlots _slots = new(options.MaxConcurrentRequests);

    // Bounded by the slots.
    private readonly Channel<Task<TResponse>> _inOrder = Channel.CreateUnbounded<Task<TResponse>>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private Exception? _error;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, messages.ConnectionClosed);
        if (options.MaxConcurrentRequests == 1)
            await RunSequentiallyAsync(ending, cancellationToken);
        else
            await RunConcurrentlyAsync(ending, cancellationToken);
    }

    private async Task RunSequentiallyAsync(CancellationTokenSource ending, CancellationToken cancellationToken)
    {
        var batch = new ResponseBatch<TRequest, TResponse>(messages);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var requests = messages.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator(reading.Token);
        while (true)
        {
#pragma warning disable CA2012 // Only one of the two awaits each operation: this code, or the other if writing has failed.
            // While requests are there, responses are held back, and then written together.
            var held = batch.IsEmpty ? null : messages.Mover;
            held?.Hold();
            var next = requests.MoveNextAsync();
            if (!next.IsCompleted)
                await WriteMeanwhileAsync(batch, next, reading);
            held?.Release();
            if (!await next)
                break;
            var response = RespondAsync(requests.Current, ending.Token);
            if (!response.IsCompletedSuccessfully)
                await WriteMeanwhileAsync(batch, response, ending);
            if (batch.Add(await response))
                await batch.WriteAsync();
#pragma warning restore CA2012
        }

        await batch.WriteAsync();
    }

    /// <summary>Writes responses while an operation runs. If that fails, ends the operation first.</summary>
    private static async ValueTask WriteMeanwhileAsync<T>(
        ResponseBatch<TRequest, TResponse> batch, ValueTask<T> operation, CancellationTokenSource cancellation)
    {
        try
        {
            await batch.WriteAsync();
        }
        catch
        {
            cancellation.Cancel();
            await operation.AsTask().WithoutThrowing();
            throw;
        }
    }

    private async Task RunConcurrentlyAsync(CancellationTokenSource ending, CancellationToken cancellationToken)
    {
        var writing = options.KeepsOrder ? WriteInOrderAsync(ending) : Task.CompletedTask;
        try
        {
            // The token ends reading also when a response has failed.
            await foreach (var request in messages.ReadAllAsync(ending.Token))
            {
                await _slots.TakeAsync();
                messages.Mover?.Hold();
                if (_error is not null)
                {
                    Release();
                    break;
                }

                var response = RespondAsync(request, ending.Token).AsTask();
                if (options.KeepsOrder)
                    _inOrder.Writer.TryWrite(response);
                else
                    _ = WriteAsync(response, ending);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // A response failed, which is thrown below, or the connection was closed.
        }
        catch (Exception error)
        {
            Fail(error, ending);
        }

        _inOrder.Writer.Complete();
        await _slots.WaitUntilFreeAsync();
        await writing;
        if (_error is not null)
            ExceptionDispatchInfo.Throw(_error);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task WriteInOrderAsync(CancellationTokenSource ending)
    {
        while (await _inOrder.Reader.WaitToReadAsync())
        {
            while (_inOrder.Reader.TryRead(out var response))
                await WriteAsync(response, ending);
        }
    }

    /// <summary>Writes a response when it is ready. Does not throw.</summary>
    private async Task WriteAsync(Task<TResponse> response, CancellationTokenSource ending)
    {
        try
        {
            await messages.WriteAsync(await response, ending.Token);
        }
        catch (Exception error)
        {
            Fail(error, ending);
        }
        finally
        {
            Release();
        }
    }

    private void Release()
    {
        messages.Mover?.Release();
        _slots.Release();
    }

    private void Fail(Exception error, CancellationTokenSource ending)
    {
        // The first error is the cause of the others. A full fence: the reader of the field sees the whole exception.
        if (Interlocked.CompareExchange(ref _error, error, null) is null)
            ending.Cancel();
    }

    private async ValueTask<TResponse> RespondAsync(TRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await respond(request, cancellationToken);
        }
        catch (Exception error) when (onError is not null && !cancellationToken.IsCancellationRequested)
        {
            return onError(request, error);
        }
    }
}
