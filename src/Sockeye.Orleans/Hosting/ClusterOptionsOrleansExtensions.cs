namespace Sockeye.Orleans;

/// <summary>Connects a cluster by the silos of Orleans.</summary>
public static class ClusterOptionsOrleansExtensions
{
    /// <param name="options">The options of the cluster.</param>
    extension(ClusterOptions options)
    {
        /// <summary>Lets the nodes of the cluster reach each other by the silos of Orleans. The silo of this process was prepared
        /// by <see cref="SiloBuilderClusterExtensions"/>.</summary>
        /// <param name="serviceProvider">The services of the host with the silo.</param>
        public void UseOrleans(IServiceProvider serviceProvider)
        {
            ArgumentNullException.ThrowIfNull(serviceProvider);
            options.UseEngine(() => new OrleansClusterEngine(serviceProvider));
        }
    }
}
