using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The statistics of a run of <c>sockeye listen</c>, for its summary.</summary>
internal sealed class ListenStatistics(TimeProvider time)
{
    /// <summary>The time that handlers have to return after the end of their connections.</summary>
    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(10);

    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<string, int> _reasons = [];
    private readonly OpenCount _connections = new();
    private readonly OpenCount _handlers = new();
    private long _bytesIn;
    private long _bytesOut;
    private int _served;

    /// <summary>The middleware. Counts a connection when it is closed, because its numbers are final only then.</summary>
    public async Task CountAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Interlocked.Increment(ref _served);
        _connections.Add();
        _handlers.Add();
        connection.ConnectionClosed.UnsafeRegister(_ => OnClosed(connection), null);
        try
        {
            await next(connection);
        }
        finally
        {
            _handlers.Remove();
        }
    }

    /// <summary>Completes when the last connection has been counted, and its handler has returned or does not return in time.
    /// Called once, at the end of the run.</summary>
    public async Task WhenAllEndedAsync()
    {
        await _connections.WhenNoneAsync();
        // A command that is being killed would otherwise outlive this process.
        await _handlers.WhenNoneAsync().WaitAsync(HandlerTimeout, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        _connections.Remove();
    }

    /// <summary>A number whose last decrement ends a wait.</summary>
    private sealed class OpenCount
    {
        private readonly TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count = 1; // One is for the run itself, so that zero is reached only at the end.

        public void Add() => Interlocked.Increment(ref _count);

        public void Remove()
        {
            if (Interlocked.Decrement(ref _count) == 0)
                _none.SetResult();
        }

        /// <summary>Completes when nothing is open. Called once.</summary>
        public Task WhenNoneAsync()
        {
            Remove();
            return _none.Task;
        }
    }
}
