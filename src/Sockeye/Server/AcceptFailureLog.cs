using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// Logs episodes in which accepting fails, over all listeners of a server: one line when an episode starts, and one when it
/// ends.
/// </summary>
internal sealed partial class AcceptFailureLog(TimeProvider time, ILogger logger)
{
    /// <summary>The time without failures that ends an episode.</summary>
    internal static readonly TimeSpan Gap = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger;
    private readonly Lock _lock = new();
    private long? _lastFailure;
    private long _started;
    private int _failures;
    private int _shed;

    public void OnFailure(EndPoint endpoint, Exception error)
    {
        ServerMetrics.OnAcceptFailed();
        OnSuccess(endpoint);
        bool isFirst;
        lock (_lock)
        {
            isFirst = _lastFailure is null;
            _lastFailure = time.GetTimestamp();
            if (isFirst)
                (_started, _failures, _shed) = (_lastFailure.Value, 0, 0);
            _failures++;
        }

        if (!isFirst)
            return;
        if (AcceptFaults.Classify(error) is AcceptFault.Exhausted)
            LogExhausted(
                endpoint, AcceptFaults.GetSocketError(error), nameof(SockeyeServerOptions.MaxConnections));
        else
            LogFailed(error, endpoint);
    }

    public void OnShed(int count)
    {
        ServerMetrics.OnShed(count);
        lock (_lock)
            _shed += count;
    }

    /// <summary>Logs the end of an episode, if <see cref="Gap"/> has passed since its last failure.</summary>
    public void OnSuccess(EndPoint endpoint)
    {
        TimeSpan duration;
        int failures, shed;
        lock (_lock)
        {
            if (_lastFailure is not { } last || time.GetElapsedTime(last) < Gap)
                return;
            Debug.Assert(_failures > 0, "An episode starts with a failure.");
            duration = time.GetElapsedTime(_started, last);
            (failures, shed) = (_failures, _shed);
            _lastFailure = null;
        }

        LogRecovered(endpoint, duration, failures, shed);
    }
}
