namespace Sockeye.Testing;

/// <summary>Runs a cluster in a simulation.</summary>
public static class ClusterOptionsSimulationExtensions
{
    extension(ClusterOptions options)
    {
        /// <summary>Connects the cluster to others on the same bus, and gives it the clock of the host and the randomness of the
        /// run.</summary>
        /// <param name="bus">The bus.</param>
        /// <param name="host">The host of this node, whose name the node takes.</param>
        /// <exception cref="ArgumentException">The host is on another network than the bus.</exception>
        public void UseSimulation(SimulatedBus bus, SimulatedHost host)
        {
            ArgumentNullException.ThrowIfNull(options);
            ArgumentNullException.ThrowIfNull(bus);
            ArgumentNullException.ThrowIfNull(host);
            options.NodeName = host.Name;
            options.TimeProvider = host.TimeProvider;
            options.Random = bus.Network.Random;
            options.UseEngine(() => bus.CreateEngine(host));
        }
    }
}
