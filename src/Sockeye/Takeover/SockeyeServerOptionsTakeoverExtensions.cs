namespace Sockeye;

/// <summary>Lets one process take over the listeners of another.</summary>
public static class SockeyeServerOptionsTakeoverExtensions
{
    extension(SockeyeServerOptions options)
    {
        /// <summary>
        /// Takes over from the process that serves, if there is one at the path, and hands over to the next one. A process that
        /// starts with the same path gets the listening sockets, accepts, and only then does this one stop: no connect fails.
        /// docs/upgrade.md has the protocol.
        /// </summary>
        /// <remarks>
        /// <para>The server listens on a Unix socket at the path, with the mode 0600. Processes of other users are refused. If a
        /// takeover fails at any step, the process that served continues as before, and the start of the other one fails.</para>
        /// <para>After a takeover, the server stops by itself, and <see cref="SockeyeServer.TakenOver"/> completes; a program
        /// that uses <see cref="SockeyeServer.RunAsync(Action{SockeyeServerOptions}, CancellationToken)"/> ends.
        /// <c>connection.StopRequested</c> fires for the connections that stay, spread over half of
        /// <see cref="SockeyeServerOptions.ShutdownTimeout"/>, at most 1 minute.</para>
        /// <para>Reloads keep the path. Linux only.</para>
        /// </remarks>
        /// <param name="path">The path of the socket, in a folder that only this user can write. The processes must use the
        /// same.</param>
        /// <param name="configure">Changes the defaults.</param>
        /// <exception cref="ArgumentException">The path is empty, ends with a slash, or is longer than the system allows (107
        /// bytes).</exception>
        /// <exception cref="InvalidOperationException">A server uses these options.</exception>
        /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
        public SockeyeServerOptions UseTakeover(string path, Action<TakeoverOptions>? configure = null)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            if (!OperatingSystem.IsLinux())
            {
                throw new PlatformNotSupportedException(
                    $"Cannot take over at {UnixPathText.Shown(path)}: processes pass listening sockets to each other on Linux "
                        + "only. Remove UseTakeover, and restart the server to upgrade it.");
            }

            var problem = path[0] == '\0' ? "it is an abstract name" : UnixPathText.FindProblem(path);
            if (problem is not null)
            {
                throw new ArgumentException(
                    $"Cannot take over at {UnixPathText.Shown(path)}: {problem}. Choose the path of a file.", nameof(path));
            }

            var settings = new TakeoverOptions();
            configure?.Invoke(settings);
            options.Handover = new ServerTakeover(Path.GetFullPath(path), settings);
            return options;
        }
    }
}
