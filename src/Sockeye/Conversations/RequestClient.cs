using System.Net;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>
/// Sends requests over connections that it opens again when they are lost. <c>client.KeepRequests(…)</c> creates one.
/// </summary>
/// <remarks>
/// Safe to use from any thread. It connects at once, in the background, and again by the <see cref="ReconnectOptions"/> of the
/// client. While there is no connection, requests wait, up to <see cref="RequestClientOptions.MaxQueuedRequests"/>;
/// they are then sent in any order.
/// </remarks>
/// <typeparam name="TRequest">The message that this side sends.</typeparam>
/// <typeparam name="TResponse">The message that the peer sends.</typeparam>
public sealed class RequestClient<TRequest, TResponse> : IAsyncDisposable
{
    private readonly RequestClientOptions _options;
    private readonly RequestClientRules<TRequest, TResponse> _rules;
    private readonly RequestLanes<TRequest, TResponse> _lanes;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task[] _running;
    private int _isDisposed;

    internal RequestClient(
        SockeyeClient client, IReadOnlyList<EndPoint> endpoints, IFrameDecoder<TResponse> inbound,
        IFrameEncoder<TRequest> outbound, RequestClientRules<TRequest, TResponse> rules, RequestClientOptions options)
    {
        (_rules, _options) = (rules, options);
        options.Requests.TimeProvider ??= client.TimeProvider;
        _time = options.Requests.TimeProvider;
        var logger = client.LoggerFactory.CreateLogger("Sockeye.Client");
        _lanes = new(options, logger);
        _running = [.. Enumerable.Range(0, options.MaxConnections).Select(_ => NewLane().Start(_closing.Token))];

        RequestLane<TRequest, TResponse> NewLane() => new(client, endpoints, inbound, outbound, rules, options, _lanes);
    }

    /// <summary>Gets the state. With several connections, it is the best one of them.</summary>
    public ReconnectState State => _lanes.State;

    /// <summary>Gets a connection that is open; null if there is none.</summary>
    public RequestConnection<TRequest, TResponse>? Connection => _lanes.Current;

    /// <summary>Gets the number of requests that wait for a connection.</summary>
    public int QueuedRequestCount => _lanes.QueuedCount;

    /// <summary>Waits until there is a connection on which requests are sent.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="RequestException">The client gave up, or was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<RequestConnection<TRequest, TResponse>> WaitUntilConnectedAsync(
        CancellationToken cancellationToken = default) =>
        await _lanes.WaitAsync(null, isQueued: false, Timeout.InfiniteTimeSpan, _time, cancellationToken);

    /// <summary>
    /// Sends a request, and returns its response. The time limit for all attempts is <see cref="RequestOptions.RequestTimeout"/>.
    /// </summary>
    /// <remarks>
    /// If the connection ends before the response, the request is sent again on the next connection if it was certainly not sent,
    /// or if it is safe to repeat (<see cref="RequestClientRules{TRequest, TResponse}.IsSafeToRepeat"/>). Otherwise, the call
    /// fails, and <see cref="RequestException.MayHaveBeenDone"/> is true.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentNullException">The request is null.</exception>
    /// <exception cref="RequestException">No response came.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, CancellationToken cancellationToken = default) =>
        SendAsync(request, _options.Requests.RequestTimeout, cancellationToken);

    /// <summary>Sends a request, and returns its response.</summary>
    /// <inheritdoc cref="SendAsync(TRequest, CancellationToken)"/>
    /// <param name="request">The request.</param>
    /// <param name="timeout">The time limit for all attempts. Range: more than 0, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of range.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(request);
        RequestConnection<TRequest, TResponse>.CheckTimeout(timeout);
        return SendRepeatedlyAsync(request, timeout, cancellationToken);
    }

    /// <summary>
    /// Closes the connections, and fails the requests that have no response. Safe to call from any thread, and more than once.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _lanes.Close(new(ReconnectStatus.Ended, 0, TimeSpan.Zero, null));
            _closing.Cancel();
        }

        foreach (var lane in _running)
            await lane;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResponse> SendRepeatedlyAsync(
        TRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var limit = new TimeLimit(_time, timeout);
        RequestConnection<TRequest, TResponse>? last = null;
        RequestException? lastError = null;
        for (var sends = 1; ;)
        {
            var connection = _lanes.Current;
            if (connection is null || connection == last)
                connection = await WaitForNextAsync(last, lastError, limit, cancellationToken);

            try
            {
                return await connection.SendAsync(request, limit.Remaining, cancellationToken);
            }
            catch (RequestException error) when (error.Error is RequestError.ConnectionEnded && CanRepeat(request, error, sends))
            {
                if (error.MayHaveBeenDone)
                    sends++;
                (last, lastError) = (connection, Worst(lastError, error));
            }
            catch (RequestException error) when (lastError is { MayHaveBeenDone: true } && !error.MayHaveBeenDone)
            {
                throw RequestException.Create(error.Error, wasSent: true, error.Message, error);
            }
        }
    }

    private async ValueTask<RequestConnection<TRequest, TResponse>> WaitForNextAsync(
        RequestConnection<TRequest, TResponse>? last, RequestException? lastError, TimeLimit limit,
        CancellationToken cancellationToken)
    {
        var wasSent = lastError is { MayHaveBeenDone: true };
        try
        {
            return await _lanes.WaitAsync(last, isQueued: true, limit.Remaining, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw RequestException.Create(
                RequestError.TimedOut, wasSent,
                $"There was no connection within {OptionChecks.Describe(limit.Whole)}: the client is {State}",
                lastError ?? State.Error);
        }
        catch (RequestException error) when (wasSent)
        {
            throw RequestException.Create(error.Error, wasSent: true, error.Message, lastError);
        }
    }

    private bool CanRepeat(TRequest request, RequestException error, int sends) =>
        !error.MayHaveBeenDone || (_rules.IsSafeToRepeat?.Invoke(request) is true && sends < _options.MaxSends);

    /// <summary>Returns the error that decides whether the request may have been done in any attempt.</summary>
    private static RequestException Worst(RequestException? first, RequestException second) =>
        first is { MayHaveBeenDone: true } ? first : second;
}
