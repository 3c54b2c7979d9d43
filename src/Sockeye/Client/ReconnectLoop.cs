using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// Opens one connection after another to the same endpoint, or to the first of several that accepts, with growing delays between
/// them.
/// </summary>
/// <param name="client">Connects.</param>
/// <param name="options">The options of the client.</param>
/// <param name="endpoints">The endpoints, in the order of preference.</param>
/// <param name="logger">Logs each change.</param>
/// <param name="onChanged">Called for each change of the state.</param>
internal sealed partial class ReconnectLoop(
    SockeyeClient client, SockeyeClientOptions options, IReadOnlyList<EndPoint> endpoints, ILogger logger,
    Action<ReconnectState> onChanged)
{
    private readonly ILogger _logger = logger;
    private readonly string _name = FirstEndPoint.Describe(endpoints);

    public async IAsyncEnumerable<ConnectionContext> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (reconnect, time) = (options.Reconnect, options.TimeProvider);
        var backoff = new Backoff(reconnect.MinDelay, reconnect.MaxDelay, options.Random);
        var failures = 0;
        var hasGivenUp = false;
        Failure? last = null;
        try
        {
            while (true)
            {
                var (connection, error) = await TryConnectAsync(last, cancellationToken);
                TimeSpan delay;
                if (error is null)
                {
                    failures = 0;
                    var connected = time.GetTimestamp();
                    TimeSpan held;
                    try
                    {
                        LogConnected(connection.ConnectionId, _name, connection.LocalEndPoint, connection.RemoteEndPoint);
                        onChanged(new(ReconnectStatus.Connected, 0, TimeSpan.Zero, last?.Error));
                        yield return connection;
                        held = time.GetElapsedTime(connected);
                    }
                    finally
                    {
                        await connection.DisposeAsync();
                    }

                    // A successful connect is not enough: the server may accept and close each connection at once.
                    if (held >= reconnect.StableAfter)
                        backoff.Reset();
                    delay = GetNextDelay(backoff);
                    var reason = connection.EndReason;
                    last = new($"the last connection ended: {reason?.Description ?? "reason unknown"}", reason?.Exception);
                    LogLost(connection.ConnectionId, _name, held, reason?.Description ?? "reason unknown", delay);
                }
                else
                {
                    if (++failures == reconnect.MaxAttempts)
                    {
                        hasGivenUp = true;
                        onChanged(new(ReconnectStatus.GaveUp, failures, TimeSpan.Zero, error));
                        ExceptionDispatchInfo.Throw(error);
                    }

                    delay = GetNextDelay(backoff);
                    last = new($"attempt {failures} failed: {SentenceText.TrimFullStop(error.Message)}", error);
                    var explanation = (error as IExplainedException)?.Explanation ?? new(error.Message);
                    LogAttemptFailed(failures, explanation, delay);
                }

                onChanged(new(ReconnectStatus.Waiting, failures, delay, last.Error));
                await WaitAsync(delay, last, cancellationToken);
            }
        }
        finally
        {
            if (!hasGivenUp)
                onChanged(new(ReconnectStatus.Ended, failures, TimeSpan.Zero, last?.Error));
        }
    }

    /// <summary>Returns a delay in whole milliseconds, the resolution of a delay and of the log.</summary>
    private static TimeSpan GetNextDelay(Backoff backoff) => TimeSpan.FromMilliseconds((long)backoff.Next().TotalMilliseconds);

    /// <summary>Connects. Separate because an iterator cannot yield inside a try block with a catch clause.</summary>
    private async ValueTask<(ConnectionContext Connection, IOException? Error)> TryConnectAsync(
        Failure? last, CancellationToken cancellationToken)
    {
        try
        {
            return (await FirstEndPoint.ConnectAsync(client, endpoints, cancellationToken), null);
        }
        catch (OperationCanceledException) when (last is not null && cancellationToken.IsCancellationRequested)
        {
            throw CancelledError(last, cancellationToken);
        }
        catch (IOException error) // Connecting, or a layer of the client, failed.
        {
            return (null!, error);
        }
    }

    private async ValueTask WaitAsync(TimeSpan delay, Failure last, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, options.TimeProvider, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw CancelledError(last, cancellationToken);
        }
    }

    /// <summary>Creates the exception for a cancellation, with the failure that the loop was retrying after.</summary>
    private OperationCanceledException CancelledError(Failure last, CancellationToken cancellationToken) =>
        new($"Reconnecting to {_name} was cancelled: {last.Description}.", last.Error, cancellationToken);

    /// <summary>The reason why the loop has no connection.</summary>
    private sealed record Failure(string Description, Exception? Error);
}
