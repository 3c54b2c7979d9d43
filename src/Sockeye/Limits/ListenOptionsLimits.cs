namespace Sockeye;

/// <summary>Limits on an end point's connections.</summary>
public static class ListenOptionsLimits
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// At most this many connections of this end point at a time. One more is reset at once, with
        /// <see cref="CloseCause.Limit"/>; the others notice nothing. Range: 1 and up.
        /// </summary>
        /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
        public ListenOptions UseConnectionLimit(int maxConnections)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(maxConnections, 1);
            var limit = new ConnectionLimit(maxConnections);
            return listen.Use($"UseConnectionLimit({maxConnections})", next => connection => limit.RunAsync(connection, next), MiddlewareStage.Limit);
        }

        /// <summary>
        /// Closes a connection (FIN) when nothing was received or sent on it for this long, with
        /// <see cref="CloseCause.Timeout"/>: a little later than asked for (a quarter, at most a second), never sooner. Range: 1
        /// ms and up.
        /// </summary>
        /// <remarks>One timer serves all connections of the end point. Needs a transport of Sockeye's.</remarks>
        /// <exception cref="ArgumentOutOfRangeException">Less than a millisecond.</exception>
        public ListenOptions UseIdleTimeout(TimeSpan timeout)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.FromMilliseconds(1));
            return listen.Use($"UseIdleTimeout({timeout})", next =>
            {
                var watch = new IdleTimeout(timeout, listen.Server.TimeProvider);
                return connection => watch.RunAsync(connection, next);
            });
        }
    }
}
