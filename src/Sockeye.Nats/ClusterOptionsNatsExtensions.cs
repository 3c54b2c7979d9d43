namespace Sockeye.Nats;

/// <summary>Connects a cluster by NATS servers.</summary>
public static class ClusterOptionsNatsExtensions
{
    /// <param name="options">The options of the cluster.</param>
    extension(ClusterOptions options)
    {
        /// <summary>Lets the nodes of the cluster reach each other by NATS servers, with default options.</summary>
        /// <param name="url">The servers: <see cref="NatsClusterOptions.Url"/>.</param>
        /// <exception cref="ArgumentException">An address is not valid; the message names it.</exception>
        public void UseNats(string url) => options.UseNats(new NatsClusterOptions { Url = url });

        /// <summary>Lets the nodes of the cluster reach each other by NATS servers.</summary>
        /// <param name="nats">The options of the engine, which are copied.</param>
        public void UseNats(NatsClusterOptions nats)
        {
            ArgumentNullException.ThrowIfNull(nats);
            var copy = nats.Copy();
            options.UseEngine(() => new NatsClusterEngine(copy));
        }
    }
}
