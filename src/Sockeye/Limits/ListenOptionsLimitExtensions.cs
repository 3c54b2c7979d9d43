namespace Sockeye;

/// <summary>Limits on an endpoint's connections.</summary>
public static class ListenOptionsLimitExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// At most this many connections of this endpoint at a time; the others notice nothing of one more. Range: 1 and up.
        /// </summary>
        /// <param name="maxConnections">How many are served at a time.</param>
        /// <param name="atLimit">What becomes of one more, default <see cref="LimitAction.Reset"/>, with
        /// <see cref="CloseCause.Limit"/>. With <see cref="LimitAction.LeaveInBacklog"/> an endpoint of several listeners
        /// (localhost has two) may accept one more a listener, which is served when its turn comes.</param>
        /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
        public ListenOptions UseConnectionLimit(int maxConnections, LimitAction? atLimit = null)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(maxConnections, 1);
            var action = atLimit ?? LimitAction.Reset;
            var name = $"UseConnectionLimit({maxConnections}{(atLimit is null ? "" : $", {action}")})";
            listen.LimitConnections(maxConnections);
            if (action == LimitAction.LeaveInBacklog)
            {
                var notice = new BacklogNotice(
                    "UseConnectionLimit", listen, $"all of its {maxConnections} connections are in use");
                return listen.Use(name, next => next, MiddlewareStage.Limit)
                    .Use(new AcceptPermits("UseConnectionLimit", maxConnections, notice.Notify));
            }

            return listen.Use(name, next =>
            {
                var limit = listen.AddCounter(new ConnectionLimit(maxConnections, action, new("UseConnectionLimit", listen)));
                return connection => limit.RunAsync(connection, next);
            }, MiddlewareStage.Limit);
        }

        /// <summary>At most this many new connections a second on this endpoint.</summary>
        /// <param name="connectionsPerSecond">Above 0, up to a million; 0.5 is one every two seconds.</param>
        /// <param name="burst">How many are taken at once after a quiet time; default: a second's worth, at least 1. Range: 1 and
        /// up.</param>
        /// <param name="atLimit">What becomes of those who come faster, default <see cref="LimitAction.LeaveInBacklog"/>: they
        /// wait for their turn, and nobody is refused before the accept queue is full.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
        public ListenOptions UseAcceptRateLimit(double connectionsPerSecond, int? burst = null, LimitAction? atLimit = null) =>
            listen.UseAcceptRateLimit(new AcceptRateLimit(connectionsPerSecond, burst), atLimit);

        /// <summary>At most so many new connections a second on all endpoints together that are given this limit.</summary>
        /// <param name="limit">The rate.</param>
        /// <param name="atLimit">What becomes of those who come faster, default <see cref="LimitAction.LeaveInBacklog"/>.</param>
        public ListenOptions UseAcceptRateLimit(AcceptRateLimit limit, LimitAction? atLimit = null)
        {
            ArgumentNullException.ThrowIfNull(limit);
            var action = atLimit ?? LimitAction.LeaveInBacklog;
            var name = FormattableString.Invariant($"UseAcceptRateLimit({limit.ConnectionsPerSecond:0.###}/s, {action})");
            if (action == LimitAction.LeaveInBacklog)
                return listen.Use(name, next => next, MiddlewareStage.Limit).Use(new AcceptRateGate(limit, listen));
            return listen.Use(name, next =>
            {
                var refusals = new LimitRefusal("UseAcceptRateLimit", listen);
                var time = listen.Server.TimeProvider;
                var description = FormattableString.Invariant(
                    $"more than {limit.ConnectionsPerSecond:0.###} connections come a second (UseAcceptRateLimit)");
                return connection => limit.TryTake(time)
                    ? next(connection)
                    : refusals.RefuseAsync(connection, action, CloseCause.Limit, description);
            }, MiddlewareStage.Limit);
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
            return listen.ConfigureTimeouts($"UseIdleTimeout({timeout})", timeouts => timeouts.Idle = timeout);
        }

        /// <summary>Changes the timeouts of this endpoint's connections. It begins with those of
        /// <see cref="SockeyeServerOptions.Timeouts"/>, which stay as they are for the others.</summary>
        /// <param name="change">Called when the server starts; a value out of its range fails the start.</param>
        public ListenOptions UseTimeouts(Action<ConnectionTimeouts> change)
        {
            ArgumentNullException.ThrowIfNull(change);
            return listen.ConfigureTimeouts("UseTimeouts", change);
        }
    }
}
