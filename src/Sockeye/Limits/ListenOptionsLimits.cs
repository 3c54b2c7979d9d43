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
        /// Closes a connection when nothing was received or sent on it for this long, with <see cref="CloseCause.Timeout"/>:
        /// short for <c>UseTimeouts(timeouts => timeouts.Idle = timeout)</c>, in place of the server's 10 minutes. Range: 1 ms to
        /// 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
        /// </summary>
        /// <exception cref="ArgumentOutOfRangeException">Out of its range.</exception>
        public ListenOptions UseIdleTimeout(TimeSpan timeout)
        {
            _ = new ConnectionTimeouts { Idle = timeout }; // A mistake is to be thrown here, not at start.
            return listen.ChangeTimeouts($"UseIdleTimeout({timeout})", timeouts => timeouts.Idle = timeout);
        }

        /// <summary>Changes the time-outs of this end point's connections. It begins with those of
        /// <see cref="SockeyeServerOptions.Timeouts"/>, which stay as they are for the others.</summary>
        /// <param name="change">Called when the server starts; a value out of its range fails the start.</param>
        public ListenOptions UseTimeouts(Action<ConnectionTimeouts> change)
        {
            ArgumentNullException.ThrowIfNull(change);
            return listen.ChangeTimeouts("UseTimeouts", change);
        }
    }
}
