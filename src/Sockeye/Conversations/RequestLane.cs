using System.Net;

namespace Sockeye;

/// <summary>Keeps one connection of a client open: connects, prepares the connection, waits for its end, and again.</summary>
internal sealed class RequestLane<TRequest, TResponse>(
    SockeyeClient client, IReadOnlyList<EndPoint> endpoints, IFrameDecoder<TResponse> inbound, IFrameEncoder<TRequest> outbound,
    RequestClientRules<TRequest, TResponse> rules, RequestClientOptions options, RequestLanes<TRequest, TResponse> lanes)
{
    private int _failedPreparations;
    private Exception? _lastError;

    public Task Start(CancellationToken closing) => client.Scheduler.RunAsync(() => RunAsync(closing));

    private async Task RunAsync(CancellationToken closing)
    {
        try
        {
            await foreach (var connection in client.Reconnect(endpoints, OnChanged, closing))
            {
                var messages = connection.AsMessages(inbound, outbound);
                messages.EndsOnConnectionLoss = true;
                await using var requests = messages.AsRequests(rules, options.Requests);
                await using (closing.UnsafeRegister(static each => _ = DisposeAsync(each!), requests))
                    await UseAsync(requests, closing);
                if (_failedPreparations > 0 && _failedPreparations >= client.MaxAttempts)
                    throw _lastError!;
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // The client was disposed.
        }
        catch (Exception error)
        {
            lanes.GiveUp(new(
                ReconnectStatus.GaveUp, Math.Max(client.MaxAttempts ?? 0, _failedPreparations), TimeSpan.Zero, error));
        }
    }

    private static async Task DisposeAsync(object requests) =>
        await ((RequestConnection<TRequest, TResponse>)requests).DisposeAsync();

    private async Task UseAsync(RequestConnection<TRequest, TResponse> requests, CancellationToken closing)
    {
        if (await PrepareAsync(requests, closing) is { } error)
        {
            _failedPreparations++;
            _lastError = error;
            return;
        }

        (_failedPreparations, _lastError) = (0, null);
        lanes.Add(requests);
        await requests.Completion;
        lanes.Remove(requests);
        _lastError = requests.CloseReason?.Exception;
    }

    /// <summary>Prepares a connection. Returns the exception if that failed.</summary>
    private async Task<Exception?> PrepareAsync(RequestConnection<TRequest, TResponse> requests, CancellationToken closing)
    {
        if (rules.OnConnected is not { } prepare)
            return null;
        using var timeout = new CancellationTokenSource(client.ConnectTimeout, client.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
        try
        {
            await prepare(requests, either.Token);
            return null;
        }
        catch (Exception error) when (!closing.IsCancellationRequested)
        {
            error = timeout.IsCancellationRequested
                ? new TimeoutException($"The preparation of a connection did not end within "
                    + $"{OptionChecks.Describe(client.ConnectTimeout)} (ConnectTimeout).", error)
                : error;
            requests.Messages.Connection.SetCloseReason(CloseReason.Local(
                CloseCause.HandlerError, $"its preparation failed: {SentenceText.TrimFullStop(error.Message)}", error));
            return error;
        }
    }

    /// <summary>Reports that the client waits. The other states depend on the preparation of the connection.</summary>
    private void OnChanged(ReconnectState state)
    {
        if (state.Status is not ReconnectStatus.Waiting)
            return;
        lanes.OnState(state with
        {
            FailedAttempts = state.FailedAttempts + _failedPreparations,
            Error = state.FailedAttempts > 0 ? state.Error : _lastError ?? state.Error,
        });
    }
}
