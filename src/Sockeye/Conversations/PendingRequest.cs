namespace Sockeye;

/// <summary>The state of a request.</summary>
internal enum RequestState
{
    /// <summary>It is not in a queue yet.</summary>
    Created,

    /// <summary>It waits to be sent.</summary>
    Waiting,

    /// <summary>Its bytes are written, or are being written.</summary>
    Sent,

    /// <summary>Its caller has left, and its responses are dropped when they come.</summary>
    Abandoned,

    /// <summary>It has ended.</summary>
    Ended,
}

/// <summary>A request from the call to its end. The lock of its queue guards the state.</summary>
internal abstract class PendingRequest<TRequest, TResponse>
{
    public PendingRequest<TRequest, TResponse>? Previous { get; set; }

    public PendingRequest<TRequest, TResponse>? Next { get; set; }

    public RequestState State { get; set; }

    /// <summary>The id, if responses are matched by id.</summary>
    public long Id { get; set; }

    public TRequest Request { get; protected set; } = default!;

    /// <summary>The time until a response; infinite for none.</summary>
    public TimeSpan Timeout { get; protected set; }

    /// <summary>The time of the timer at which the request times out.</summary>
    public TimeSpan Deadline { get; set; }

    /// <summary>Whether the request has a stream of responses.</summary>
    public abstract bool HasStream { get; }

    /// <summary>Whether the response is the last one. May call a function of the user.</summary>
    public abstract bool IsLast(TResponse response);

    /// <summary>Passes a response to the caller. The task completes when the next response may follow.</summary>
    public abstract ValueTask DeliverAsync(TResponse response, bool isLast);

    /// <summary>Ends the request with an exception.</summary>
    public abstract void Fail(Exception error);

    /// <summary>Called when the queue no longer has the request.</summary>
    public virtual void OnRemoved()
    {
    }
}
