using Sockeye.Clustering;

namespace Sockeye.Testing;

/// <summary>Connects the clusters on hosts of a simulated network, as a broker does.</summary>
/// <remarks>
/// Each frame goes from host to host with the latency, jitter and bandwidth of the network, and behind earlier frames of the same
/// sender for the same receiver. Partitions and rules of the network apply to it as to a segment: a frame is lost where a segment
/// is dropped or reset. <see cref="SimulatedNetwork.Loss"/> delays it, like TCP. A subscription takes time to be known to the
/// other nodes, and longer through a partition.
/// <para>A crash of a host ends its engines: after a restart, start another cluster on it. Like all objects of a simulation, a
/// bus is for the thread of the run.</para>
/// </remarks>
/// <param name="network">The network of the hosts.</param>
public sealed class SimulatedBus(SimulatedNetwork network)
{
    private readonly List<SimulatedEngine> _engines = [];

    /// <summary>Gets or sets the probability that a single frame is lost, besides partitions. Default: 0. Range: 0 to below
    /// 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public double Loss
    {
        get;
        set => field = value is >= 0 and < 1
            ? value
            : throw OptionChecks.OutOfRange(nameof(Loss), value, "0 or more, and below 1");
    }

    internal SimulatedNetwork Network { get; } = network ?? throw new ArgumentNullException(nameof(network));

    /// <summary>The engines that have started and not ended, in the order of their start.</summary>
    internal IReadOnlyList<SimulatedEngine> Engines => _engines;

    /// <summary>Returns an engine for one cluster on a host.</summary>
    /// <param name="host">The host, which is on the network of this bus.</param>
    /// <exception cref="ArgumentException">The host is on another network.</exception>
    public IClusterEngine CreateEngine(SimulatedHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Network.FindHost(host.Name) == host
            ? new SimulatedEngine(this, host.Stack)
            : throw new ArgumentException($"The host {host.Name} is not on the network of this bus.", nameof(host));
    }

    /// <summary>Takes the connection from the engines on a host until the result is disposed, as if the server of a broker were
    /// away: frames to the host are lost; frames of it wait, as far as their queues have room.</summary>
    /// <param name="host">The host.</param>
    public IDisposable Disconnect(SimulatedHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.Stack.Trace("", "the engine is away");
        var engines = _engines.Where(engine => engine.Stack == host.Stack && !engine.IsAway).ToList();
        engines.ForEach(engine => engine.SetAway(true));
        return new DisposableAction(() =>
        {
            host.Stack.Trace("", "the engine is back");
            engines.ForEach(engine => engine.SetAway(false));
        });
    }

    internal void Add(SimulatedEngine engine) => _engines.Add(engine);

    internal void Remove(SimulatedEngine engine) => _engines.Remove(engine);
}
