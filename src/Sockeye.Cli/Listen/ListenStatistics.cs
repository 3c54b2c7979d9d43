using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The statistics of a run of <c>sockeye listen</c>, for its summary.</summary>
internal sealed class ListenStatistics(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<string, int> _reasons = [];
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytesIn;
    private long _bytesOut;
    private int _served;
    private int _openCount = 1; // One is for the run itself, so that zero is reached only at the end.

    /// <summary>The middleware. Counts a connection when it is closed, because its numbers are final only then.</summary>
    public Task CountAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Interlocked.Increment(ref _served);
        Interlocked.Increment(ref _openCount);
        connection.ConnectionClosed.UnsafeRegister(_ => OnClosed(connection), null);
        return next(connection);
    }

    /// <summary>Completes when the last connection has been counted. Called once, at the end of the run.</summary>
    public Task WhenAllClosedAsync()
    {
        Release();
        return _allClosed.Task;
    }

    public IEnumerable<string> GetSummary(StopResult stop)
    {
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"stopped: {QuantityText.FormatCount(_served, "connection")} in {seconds:N1} s, "
            + $"{QuantityText.FormatCount(_bytesIn, "byte")} in, {QuantityText.FormatCount(_bytesOut, "byte")} out; {stop}");
        foreach (var (reason, count) in _reasons.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal))
            yield return string.Create(CultureInfo.InvariantCulture, $"{count,9:N0}  {reason}");
    }

    private void OnClosed(ConnectionContext connection)
    {
        Interlocked.Add(ref _bytesIn, connection.BytesReceived ?? 0);
        Interlocked.Add(ref _bytesOut, connection.BytesSent ?? 0);
        var reason = connection.CloseReason is { } known ? OptionNames.Describe(known.Explanation) : "unknown";
        _reasons.AddOrUpdate(reason, 1, static (_, count) => count + 1);
        Release();
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _openCount) == 0)
            _allClosed.SetResult();
    }
}
