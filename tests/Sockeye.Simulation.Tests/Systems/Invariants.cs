using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>What must hold all the time: the first thing that does not ends the run.</summary>
/// <remarks>A handler cannot end a run by throwing, since a server catches it. So it is kept here, and thrown by the run's test
/// at its next look.</remarks>
internal sealed class Invariants(SimulatedNetwork network)
{
    private string? _broken;

    public void Check(bool holds, Func<string> otherwise)
    {
        if (holds || _broken is not null)
            return;
        _broken = otherwise();
        network.Note($"BROKEN: {_broken}");
    }

    public void ThrowIfBroken()
    {
        if (_broken is not null)
            throw new InvariantException(_broken);
    }

    /// <summary>Waits in virtual time, looking again and again, until something is so; it has to be, within a limit.</summary>
    public async Task BecomesTrueAsync(Func<bool> condition, TimeSpan within, Func<string> otherwise)
    {
        var begun = network.Elapsed;
        while (!condition() && _broken is null)
        {
            Check(network.Elapsed - begun < within, otherwise);
            await network.Pause(TimeSpan.FromMilliseconds(100));
        }

        ThrowIfBroken();
    }
}

internal sealed class InvariantException(string message) : Exception(message);

internal static class Pauses
{
    public static Task Pause(this SimulatedNetwork network, TimeSpan delay, CancellationToken cancellationToken = default) =>
        Task.Delay(delay, network.TimeProvider, cancellationToken);

    /// <summary>A delay that the seed chooses: mostly short, sometimes up to the longest.</summary>
    public static Task PauseUpTo(
        this SimulatedNetwork network, TimeSpan longest, CancellationToken cancellationToken = default) =>
        network.Pause(longest * Math.Pow(network.Random.NextDouble(), 3), cancellationToken);
}
