using System.Diagnostics;

namespace Sockeye.Fleet.Clients;

/// <summary>
/// Sends lines to users at a fixed rate, whatever becomes of them (an open load): the latency of each counts from the time at which
/// it was due. Callers are on one node, and users on another one.
/// </summary>
internal sealed class AddressedLoad(MemberBatch callers, MemberBatch users, IWire wire, Tally tally, string userPrefix)
{
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Task[] _flushes = [.. callers.Members.Select(_ => Task.CompletedTask)];

    /// <returns>How many lines were sent.</returns>
    public async Task<long> RunAsync(int rate, TimeSpan duration)
    {
        Debug.Assert(users.Members.Count % callers.Members.Count == 0, "Each user has one caller, so that lines stay in order.");
        tally.Begin();
        foreach (var (index, user) in users.Members.Index())
            user.Expect(index + 1, users.Members.Count);
        var count = (long)(rate * duration.TotalSeconds);
        await Task.Factory.StartNew(
            () => Send(rate, count), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await WaitAsync(count);
        tally.OnLost(users.Members.Sum(user => user.Missing(count)));
        return count;
    }

    private void Send(int rate, long count)
    {
        var startedAt = Mark.Micros(tally.Time);
        for (var number = 1L; number <= count; number++)
        {
            var dueAfter = number * 1_000_000 / rate;
            while (Mark.Elapsed(startedAt, Mark.Micros(tally.Time)) < dueAfter)
                ShortSleep.Run();
            var caller = (int)((number - 1) % callers.Members.Count);
            var output = callers.Members[caller].Connection.Transport.Output;
            // A node that falls behind holds the load up here; the lines stay due when they were.
            _flushes[caller].GetAwaiter().GetResult();
            var due = new Mark(number, (startedAt + dueAfter) % Mark.Wrap);
            wire.WriteAddressed(output, $"{userPrefix}{(number - 1) % users.Members.Count}", due.ToText());
            _flushes[caller] = output.FlushAsync().AsTask();
        }
    }

    private async Task WaitAsync(long count)
    {
        var (seen, seenAt) = (tally.Received, tally.Time.GetTimestamp());
        while (tally.Received < count && tally.Time.GetElapsedTime(seenAt) < StallTimeout)
        {
            await Task.Delay(PollInterval, tally.Time, CancellationToken.None);
            if (tally.Received != seen)
                (seen, seenAt) = (tally.Received, tally.Time.GetTimestamp());
        }
    }
}
