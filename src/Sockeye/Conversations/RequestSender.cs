using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Writes the requests of a queue, together where several wait. One caller at a time, which the queue ensures.</summary>
internal sealed class RequestSender<TRequest, TResponse>(
    MessageConnection<TResponse, TRequest> messages, RequestQueue<TRequest, TResponse> queue,
    RequestRules<TRequest, TResponse> rules, PipeScheduler scheduler)
    : IMessageSource<TRequest>, IThreadPoolWorkItem
{
    private PendingRequest<TRequest, TResponse>? _current;

    /// <summary>Sends what waits.</summary>
    /// <param name="inline">Whether to send on this thread: for a single request. Otherwise, the sending is queued behind the
    /// callers that are about to continue, so that their requests are sent together.</param>
    public void Start(bool inline)
    {
        if (inline)
            Send();
        else
            scheduler.Queue(this);
    }

    void IThreadPoolWorkItem.Execute() => Send();

    bool IMessageSource<TRequest>.TryTake([MaybeNullWhen(false)] out TRequest message)
    {
        while (queue.TryTake(out _current, out message, out var id))
        {
            try
            {
                if (rules.Ids is { } ids)
                    message = ids.Write(message, id);
                return true;
            }
            catch (Exception error)
            {
                Reject(error, "The function that writes the id of a request threw");
            }
        }

        return false;
    }

    void IMessageSource<TRequest>.OnRejected(Exception error) => Reject(error, "The request could not be written");

    private void Reject(Exception error, string why)
    {
        if (_current is { } request && queue.Reject(request))
        {
            request.Fail(RequestException.Create(
                RequestError.InvalidRequest, wasSent: false, $"{why}: {error.GetType().Name}: {error.Message}", error));
        }
    }

    private void Send()
    {
        do
        {
            ValueTask write;
            try
            {
                write = messages.Writer.WriteAsync(this);
                if (!write.IsCompleted)
                {
                    _ = FinishAsync(write);
                    return;
                }

                write.GetAwaiter().GetResult();
            }
            catch (Exception error)
            {
                Close(error);
                return;
            }
        }
        while (!queue.TryStopSending());
    }

    private async Task FinishAsync(ValueTask write)
    {
        try
        {
            await write;
        }
        catch (Exception error)
        {
            Close(error);
            return;
        }

        if (!queue.TryStopSending())
            Send();
    }

    /// <summary>Fails the requests that wait. Responses to those that were sent may still come.</summary>
    private void Close(Exception error)
    {
        List<(PendingRequest<TRequest, TResponse> Request, RequestState State)> ended = [];
        queue.Close(new(RequestError.ConnectionEnded, mayHaveBeenDone: false, error.Message, error), includesSent: false, ended);
        foreach (var (request, _) in ended)
        {
            request.Fail(RequestException.Create(RequestError.ConnectionEnded, wasSent: false, error.Message, error));
        }

        queue.TryStopSending();
    }
}
