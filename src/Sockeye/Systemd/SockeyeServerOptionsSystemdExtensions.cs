namespace Sockeye;

/// <summary>Lets a server listen on the sockets that systemd has opened.</summary>
public static class SockeyeServerOptionsSystemdExtensions
{
    extension(SockeyeServerOptions options)
    {
        /// <summary>
        /// Listens on the sockets that systemd passes (socket activation, or its descriptor store), instead of binding: each
        /// endpoint takes those of its address (docs/upgrade.md). Endpoints without one are bound as ever. Without systemd, it
        /// has no effect.
        /// </summary>
        /// <remarks>Reloads keep the sockets. <see cref="SystemdSockets.Shared"/> lists them.</remarks>
        /// <param name="closesUnused">Whether the server, when it has started, closes the sockets that match none of its
        /// endpoints. Default: true. If several servers of the process share them, pass false, and call
        /// <see cref="SystemdSockets.CloseUnused"/> when all have started.</param>
        /// <exception cref="InvalidOperationException">A variable <c>LISTEN_*</c> is invalid, or a server uses these options.
        /// </exception>
        public SockeyeServerOptions UseSystemdSockets(bool closesUnused = true)
        {
            ArgumentNullException.ThrowIfNull(options);
            var sockets = SystemdSockets.Shared;
            sockets.ClosesUnusedAtStart |= closesUnused;
            options.InheritedSource = sockets;
            return options;
        }
    }
}
