namespace Sockeye;

/// <summary>Adds limits and rules based on a client's address.</summary>
/// <remarks>
/// The limits use the address of the connection at this point of the pipeline: behind a proxy, call <c>UseProxyProtocol</c>
/// first. A Unix socket has no addresses: without a PROXY header, the server does not start.
/// </remarks>
public static class ListenOptionsAddressExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Limits the open connections from one address (IPv6: one /64). Further connections are reset, with
        /// <see cref="CloseCause.Limit"/>.</summary>
        /// <param name="maxConnections">The maximum number of connections. Range: at least 1. One address may belong to many
        /// people.</param>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConnections"/> is less than 1.</exception>
        public ListenOptions UseAddressLimit(int maxConnections) =>
            listen.UseAddressLimit(options => options.MaxConnections = maxConnections);

        /// <summary>Limits the open connections and the accept rate of one address.</summary>
        /// <param name="configure">Sets the limits.</param>
        /// <exception cref="ArgumentException">The options are invalid; the message says what to change.</exception>
        public ListenOptions UseAddressLimit(Action<AddressLimitOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var given = new AddressLimitOptions();
            configure(given);
            var options = given.TakeCopy();
            return listen.Use($"UseAddressLimit({options.Describe()})", (next, pipeline) =>
            {
                var limit = pipeline.AddCounter(
                    new AddressLimit(options, pipeline.Server.Time, new("UseAddressLimit", pipeline)));
                return connection => limit.RunAsync(connection, next);
            }, MiddlewareStage.AddressLimit);
        }

        /// <summary>
        /// Accepts the clients that these rules allow, and resets all others, with <see cref="CloseCause.Denied"/>. The rules may
        /// change while the server runs, and may be used by several endpoints.
        /// </summary>
        /// <param name="rules">The rules, which stay shared with the caller.</param>
        /// <param name="closeOpenConnections">Whether a change also resets open connections that it denies. Default: false. If
        /// true, each change checks every open connection.</param>
        public ListenOptions UseAddressRules(AddressRules rules, bool closeOpenConnections = false)
        {
            ArgumentNullException.ThrowIfNull(rules);
            return listen.Use($"UseAddressRules({rules.Count} rules)", (next, pipeline) =>
            {
                var guard = new AddressGuard(rules, new("UseAddressRules", pipeline));
                return closeOpenConnections
                    ? connection => guard.RunWatchedAsync(connection, next)
                    : connection => guard.RunAsync(connection, next);
            }, MiddlewareStage.AddressLimit);
        }
    }
}
