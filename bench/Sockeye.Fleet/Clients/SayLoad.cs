namespace Sockeye.Fleet.Clients;

/// <summary>
/// One member says a line to its group; when all members of all nodes have what was said before, it says the next one. A number of
/// lines may be on their way to each node.
/// </summary>
internal sealed class SayLoad(IReadOnlyList<MemberBatch> batches, IWire wire, Tally tally, SemaphoreSlim progress)
{
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(20);

    /// <returns>How many lines were said.</returns>
    public async Task<long> RunAsync(int sender, TimeSpan duration, int inFlight)
    {
        await Task.Yield();
        Begin(first: 1);
        var startedAt = tally.Time.GetTimestamp();
        var sent = 0L;
        while (tally.Time.GetElapsedTime(startedAt) < duration)
        {
            await SendAsync(sender, ++sent);
            if (!await WaitForRoundsAsync(sent - inFlight + 1))
                break;
        }

        await FinishAsync(sent);
        return sent;
    }

    /// <summary>All members expect the numbers from the first on.</summary>
    public void Begin(long first)
    {
        tally.Begin();
        foreach (var batch in batches)
        {
            batch.Begin();
            foreach (var member in batch.Members)
                member.Expect(first, step: 1);
        }
    }

    public async Task SendAsync(int sender, long number)
    {
        var output = batches[sender].Members[0].Connection.Transport.Output;
        wire.WriteSay(output, new Mark(number, Mark.Micros(tally.Time)).ToText());
        await output.FlushAsync();
    }

    /// <summary>Waits until all lines have arrived, or none arrives any more; those that did not are lost.</summary>
    public async Task FinishAsync(long last)
    {
        await WaitForRoundsAsync(last);
        tally.OnLost(batches.Where(batch => batch.Receives).Sum(batch => batch.Members.Sum(member => member.Missing(last))));
    }

    /// <returns>False if nothing was received for a long time.</returns>
    private async Task<bool> WaitForRoundsAsync(long rounds)
    {
        while (batches.Any(batch => batch.Receives && batch.Rounds < rounds))
        {
            var before = tally.Received;
            if (!await progress.WaitAsync(StallTimeout) && tally.Received == before)
                return false;
        }

        return true;
    }
}
