using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// Sends each request on a connection of a pool that no other request uses meanwhile. <c>pool.AsRequests(…)</c> creates one.
/// </summary>
/// <remarks>
/// Safe to use from any thread. It is for protocols that take one request at a time; for protocols that pipeline, a
/// <see cref="RequestClient{TRequest, TResponse}"/> needs fewer connections. The pool limits the connections and the callers that
/// wait, and ends with the connections: there is nothing to dispose here.
/// </remarks>
/// <typeparam name="TRequest">The message that this side sends.</typeparam>
/// <typeparam name="TResponse">The message that the peer sends.</typeparam>
public sealed class RequestPool<TRequest, TResponse>
{
    private const int MaxAttempts = 3;

    private readonly ConnectionPool _pool;
    private readonly IFrameDecoder<TResponse> _inbound;
    private readonly IFrameEncoder<TRequest> _outbound;
    private readonly RequestClientRules<TRequest, TResponse> _rules;
    private readonly RequestOptions _options;
    private readonly TimeProvider _time;

    internal RequestPool(
        ConnectionPool pool, IFrameDecoder<TResponse> inbound, IFrameEncoder<TRequest> outbound,
        RequestClientRules<TRequest, TResponse> rules, RequestOptions options)
    {
        (_pool, _inbound, _outbound, _rules, _options) = (pool, inbound, outbound, rules, options);
        _options.TimeProvider ??= pool.Client.TimeProvider;
        _time = _options.TimeProvider;
    }

    /// <summary>Sends a request, and returns its response. The time limit is
    /// <see cref="RequestOptions.RequestTimeout"/>.</summary>
    /// <remarks>
    /// The time limit includes the wait for a connection and all attempts. If the connection ends before the response, the
    /// request is sent again on another connection, in up to three attempts, if it was certainly not sent, or if it is safe to
    /// repeat (<see cref="RequestClientRules{TRequest, TResponse}.IsSafeToRepeat"/>). A connection whose request failed is
    /// closed.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentNullException">The request is null.</exception>
    /// <exception cref="RequestException">No response came.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, CancellationToken cancellationToken = default) =>
        SendAsync(request, _options.RequestTimeout, cancellationToken);

    /// <summary>Sends a request, and returns its response.</summary>
    /// <inheritdoc cref="SendAsync(TRequest, CancellationToken)"/>
    /// <param name="request">The request.</param>
    /// <param name="timeout">The time limit. Range: more than 0, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of range.</exception>
    public ValueTask<TResponse> SendAsync(TRequest request, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(request);
        RequestConnection<TRequest, TResponse>.CheckTimeout(timeout);
        return SendRepeatedlyAsync(request, timeout, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResponse> SendRepeatedlyAsync(
        TRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var limit = new TimeLimit(_time, timeout);
        var wasSent = false;
        for (var attempt = 1; ; attempt++)
        {
            await using var rented = await RentAsync(limit, wasSent, cancellationToken);
            try
            {
                return await SendAsync(rented.Connection, request, limit, cancellationToken);
            }
            catch (RequestException error) when (CanRepeat(request, error, attempt))
            {
                rented.Discard();
                wasSent |= error.MayHaveBeenDone;
            }
            catch (RequestException error) when (wasSent && !error.MayHaveBeenDone)
            {
                rented.Discard();
                throw RequestException.Create(error.Error, wasSent: true, error.Message, error);
            }
            catch
            {
                rented.Discard(); // A response may still be on its way.
                throw;
            }
        }
    }

    private bool CanRepeat(TRequest request, RequestException error, int attempt) =>
        attempt < MaxAttempts && error.Error is RequestError.ConnectionEnded
        && (!error.MayHaveBeenDone || _rules.IsSafeToRepeat?.Invoke(request) is true);

    /// <summary>Sends a request on a connection, which is free again when its response has come.</summary>
    private async Task<TResponse> SendAsync(
        ConnectionContext connection, TRequest request, TimeLimit limit, CancellationToken cancellationToken)
    {
        await using var requests = connection.AsMessages(_inbound, _outbound).AsRequests(_rules, _options);
        await PrepareAsync(connection, requests, limit, cancellationToken);
        var response = await requests.SendAsync(request, limit.Remaining, cancellationToken);
        // The pool keeps the connection only if nothing reads it any longer.
        await requests.DisposeAsync();
        await requests.Completion;
        return response;
    }

    /// <summary>Prepares a connection that is used for the first time.</summary>
    private async ValueTask PrepareAsync(
        ConnectionContext connection, RequestConnection<TRequest, TResponse> requests, TimeLimit limit,
        CancellationToken cancellationToken)
    {
        if (_rules.OnConnected is not { } prepare || connection.Features.Get<Preparation>() is not null)
            return;
        using var late = new CancellationTokenSource(limit.Remaining, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await prepare(requests, either.Token);
            connection.Features.Set(Preparation.Done);
        }
        catch (OperationCanceledException error) when (late.IsCancellationRequested)
        {
            throw TimedOutError("The preparation of a connection did not end", limit, wasSent: false, error);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw RequestException.Create(
                RequestError.NotConnected, wasSent: false, $"The preparation of a connection failed: {error.Message}", error);
        }
    }

    private async ValueTask<PooledConnection> RentAsync(TimeLimit limit, bool wasSent, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit.Remaining, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await _pool.RentAsync(either.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOutError("There was no connection", limit, wasSent, error);
        }
        catch (IOException error) // The pool is full, or could not connect.
        {
            throw RequestException.Create(
                error is ConnectionPoolFullException ? RequestError.TooManyWaiters : RequestError.NotConnected, wasSent,
                error.Message, error);
        }
    }

    private static RequestException TimedOutError(string what, TimeLimit limit, bool wasSent, Exception error) =>
        RequestException.Create(
            RequestError.TimedOut, wasSent, $"{what} within {OptionChecks.Describe(limit.Whole)} "
                + $"({nameof(RequestOptions.RequestTimeout)}): {error.InnerException?.Message ?? error.Message}", error);

    /// <summary>Marks a connection that was prepared.</summary>
    private sealed class Preparation
    {
        public static readonly Preparation Done = new();
    }
}
