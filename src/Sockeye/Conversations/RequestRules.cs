namespace Sockeye;

/// <summary>The rules by which messages of a protocol are requests, responses and pushes.</summary>
/// <remarks>
/// Without further rules, responses come in the order of the requests, as in Redis, memcached and SMTP, and each message from the
/// peer is a response. The functions are called for each message, by one thread at a time for each connection; they must be fast,
/// and must not throw. If one throws, its connection is aborted.
/// </remarks>
/// <typeparam name="TRequest">The message that this side sends.</typeparam>
/// <typeparam name="TResponse">The message that the peer sends.</typeparam>
public class RequestRules<TRequest, TResponse>
{
    internal RequestRules()
    {
    }

    /// <summary>
    /// Gets or sets the function that decides whether a message is a push: a message that answers no request, such as a
    /// notification. Default: null. By id, a message without an id is a push too.
    /// </summary>
    public Func<TResponse, bool>? IsPush { get; set; }

    /// <summary>
    /// Gets or sets the handler of pushes. Default: null, pushes wait for <c>ReadPushesAsync</c>. It is called for one push at a
    /// time, in order. The responses that came after the push wait until its task has completed, so it must not await a response
    /// of the same connection.
    /// </summary>
    public Func<TResponse, ValueTask>? OnPush { get; set; }

    internal RequestIds<TRequest, TResponse>? Ids { get; private set; }

    /// <summary>Matches responses by an id in the messages. The responses may come in any order.</summary>
    /// <param name="writeId">Returns the request with the given id: <c>(request, id) => request with { Id = id }</c>. Ids count
    /// up from 1 for each connection.</param>
    /// <param name="readId">Returns the id of a response; null for a message that answers no request.</param>
    /// <param name="maxId">The maximum id, for protocols with short ids, such as 65535 for two bytes. Default: the maximum of
    /// <see cref="long"/>. Range: 1 and up. After it, ids start from 1 again; an id whose response is due is never used for
    /// another request.</param>
    /// <returns>These rules.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxId"/> is less than 1.</exception>
    public RequestRules<TRequest, TResponse> MatchById(
        Func<TRequest, long, TRequest> writeId, Func<TResponse, long?> readId, long maxId = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(writeId);
        ArgumentNullException.ThrowIfNull(readId);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxId, 1);
        Ids = new(writeId, readId, maxId);
        return this;
    }
}

/// <summary>The functions that write and read ids.</summary>
internal sealed record RequestIds<TRequest, TResponse>(
    Func<TRequest, long, TRequest> Write, Func<TResponse, long?> Read, long MaxId);
