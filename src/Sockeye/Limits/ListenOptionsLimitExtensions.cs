namespace Sockeye;

/// <summary>Adds limits on connections, rates and times to an endpoint.</summary>
public static class ListenOptionsLimitExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Limits the open connections of this endpoint.</summary>
        /// <param name="maxConnections">The maximum number of connections. Range: at least 1.</param>
        /// <param name="atLimit">The action for excess clients. Default: <see cref="LimitAction.Reset"/>, with
        /// <see cref="CloseCause.Limit"/>. With <see cref="LimitAction.LeaveInBacklog"/>, an endpoint with several listeners
        /// (localhost has two) may accept one more connection per listener, which is served when a permit is free.</param>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConnections"/> is less than 1.</exception>
        public ListenOptions UseConnectionLimit(int maxConnections, LimitAction? atLimit = null)
        {
            OptionChecks.AtLeast(maxConnections, 1, nameof(maxConnections));
            var action = atLimit ?? LimitAction.Reset;
            var name = $"UseConnectionLimit({maxConnections}{(atLimit is null ? "" : $", {action}")})";
            listen.LimitConnections(maxConnections);
            return listen.Use(name, (next, pipeline) =>
            {
                if (action == LimitAction.LeaveInBacklog)
                {
                    var notice = new BacklogNotice(
                        "UseConnectionLimit", pipeline, $"all of its {maxConnections} connections are in use");
                    pipeline.AddGate(new AcceptPermits("UseConnectionLimit", maxConnections, notice.Notify));
                    return next;
                }

                var limit = pipeline.AddCounter(
                    new ConnectionLimit(maxConnections, action, new("UseConnectionLimit", pipeline)));
                return connection => limit.RunAsync(connection, next);
            }, MiddlewareStage.Limit);
        }

        /// <summary>Limits the rate of new connections on this endpoint.</summary>
        /// <param name="connectionsPerSecond">The number of connections a second. Range: above 0, up to a million; 0.5 means one
        /// every two seconds.</param>
        /// <param name="burst">The number of connections accepted at once after a quiet time. Default: one second's worth, at
        /// least 1. Range: at least 1.</param>
        /// <param name="atLimit">The action for excess clients. Default: <see cref="LimitAction.LeaveInBacklog"/>: they wait, and
        /// none is refused before the accept queue is full.</param>
        /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
        public ListenOptions UseAcceptRateLimit(double connectionsPerSecond, int? burst = null, LimitAction? atLimit = null) =>
            listen.UseAcceptRateLimit(new AcceptRateLimit(connectionsPerSecond, burst), atLimit);

        /// <summary>Limits the rate of new connections on all endpoints together that use this limit.</summary>
        /// <param name="limit">The limit.</param>
        /// <param name="atLimit">The action for excess clients. Default: <see cref="LimitAction.LeaveInBacklog"/>.</param>
        public ListenOptions UseAcceptRateLimit(AcceptRateLimit limit, LimitAction? atLimit = null)
        {
            ArgumentNullException.ThrowIfNull(limit);
            var action = atLimit ?? LimitAction.LeaveInBacklog;
            var name = FormattableString.Invariant($"UseAcceptRateLimit({limit.ConnectionsPerSecond:0.###}/s, {action})");
            return listen.Use(name, (next, pipeline) =>
            {
                if (action == LimitAction.LeaveInBacklog)
                {
                    pipeline.AddGate(new AcceptRateGate(limit, pipeline));
                    return next;
                }

                var refusals = new LimitRefusal("UseAcceptRateLimit", pipeline);
                var time = pipeline.Server.Time;
                var explanation = new Explanation(
                    FormattableString.Invariant($"more than {limit.ConnectionsPerSecond:0.###} connections come a second"),
                    "UseAcceptRateLimit");
                return connection => connection.IsContinued || limit.TryTake(time)
                    ? next(connection)
                    : refusals.RefuseAsync(connection, action, CloseCause.Limit, explanation);
            }, MiddlewareStage.Limit);
        }

        /// <summary>
        /// Closes connections on which nothing was received or sent for a time, with <see cref="CloseCause.Timeout"/>. It
        /// replaces the idle timeout of the server, and is short for <c>UseTimeouts(timeouts => timeouts.Idle = timeout)</c>.
        /// </summary>
        /// <param name="timeout">The time. Range: 1 ms to 365 days, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
        /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is outside the range.</exception>
        public ListenOptions UseIdleTimeout(TimeSpan timeout)
        {
            _ = new ConnectionTimeouts { Idle = timeout }; // Throws here, not at start, if the value is invalid.
            return listen.ConfigureTimeouts($"UseIdleTimeout({timeout})", timeouts => timeouts.Idle = timeout);
        }

        /// <summary>Changes the timeouts of this endpoint's connections. The initial values are those of
        /// <see cref="SockeyeServerOptions.Timeouts"/>, which stay unchanged for other endpoints.</summary>
        /// <param name="change">Changes the timeouts. It runs when the server starts; if it sets a value outside its range, the
        /// start fails.</param>
        public ListenOptions UseTimeouts(Action<ConnectionTimeouts> change)
        {
            ArgumentNullException.ThrowIfNull(change);
            return listen.ConfigureTimeouts("UseTimeouts", change);
        }
    }
}
