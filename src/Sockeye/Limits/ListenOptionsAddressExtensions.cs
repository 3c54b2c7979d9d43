namespace Sockeye;

/// <summary>Limits and rules that go by a client's address.</summary>
/// <remarks>
/// The address is the one that the connection has at this place of the pipeline: behind a proxy, put <c>UseProxyProtocol</c>
/// before. A Unix socket has no addresses: without a PROXY header the server does not start.
/// </remarks>
public static class ListenOptionsAddressExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>At most this many connections at a time from one address (IPv6: one /64). One more is reset, with
        /// <see cref="CloseCause.Limit"/>.</summary>
        /// <param name="maxConnections">Range: 1 and up. Behind one address there may be many people.</param>
        /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
        public ListenOptions UseAddressLimit(int maxConnections) =>
            listen.UseAddressLimit(options => options.MaxConnections = maxConnections);

        /// <summary>What one address may have: connections at a time, new connections a second.</summary>
        /// <exception cref="ArgumentException">The options are wrong; the message says what to change.</exception>
        public ListenOptions UseAddressLimit(Action<AddressLimitOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var given = new AddressLimitOptions();
            configure(given);
            var options = given.Checked();
            return listen.Use($"UseAddressLimit({options.Describe()})", next =>
            {
                var limit = listen.AddCounter(
                    new AddressLimit(options, listen.Server.TimeProvider, new("UseAddressLimit", listen)));
                return connection => limit.RunAsync(connection, next);
            }, MiddlewareStage.AddressLimit);
        }

        /// <summary>
        /// Lets in whom these rules allow, and resets everybody else, with <see cref="CloseCause.Denied"/>. The rules may be
        /// changed while the server runs, and serve several endpoints.
        /// </summary>
        /// <param name="rules">Who is let in.</param>
        /// <param name="closeOpenConnections">Whether a change also resets connections that are open and denied now. Default:
        /// they stay. With it each change looks at every open connection.</param>
        public ListenOptions UseAddressRules(AddressRules rules, bool closeOpenConnections = false)
        {
            ArgumentNullException.ThrowIfNull(rules);
            return listen.Use($"UseAddressRules({rules.Count} rules)", next =>
            {
                var guard = new AddressGuard(rules, new("UseAddressRules", listen));
                return closeOpenConnections
                    ? connection => guard.RunWatchedAsync(connection, next)
                    : connection => guard.RunAsync(connection, next);
            }, MiddlewareStage.AddressLimit);
        }
    }
}
