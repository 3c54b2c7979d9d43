using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>The descriptors that systemd, or another program with its protocol, has passed to this process: sd_listen_fds(3).
/// </summary>
/// <remarks>
/// <para>They are read once. Then they are closed on exec, and the variables <c>LISTEN_*</c> are removed from
/// <see cref="Environment"/>, so that no child gets them. Kestrel's <c>UseSystemd</c> reads the same variables: use one of the
/// two in a process.</para>
/// <para>The process keeps the descriptors on which endpoints listen, as systemd does, so that a reload can remove an endpoint
/// and add it again. Safe for use from any thread. Systems other than Linux and macOS have none.</para>
/// </remarks>
public sealed partial class SystemdSockets : IInheritedSource
{
    private static readonly Lazy<SystemdSockets> LazyShared = new(Read);

    private readonly Lock _lock = new();

    internal SystemdSockets(IReadOnlyList<SystemdSocket> sockets) => Sockets = sockets;

    /// <summary>Gets the descriptors of this process, which the first use reads.</summary>
    /// <exception cref="InvalidOperationException">A variable <c>LISTEN_*</c> is invalid. The message names it.</exception>
    public static SystemdSockets Shared => LazyShared.Value;

    /// <summary>Gets the descriptors in order, also those that are closed by now.</summary>
    public IReadOnlyList<SystemdSocket> Sockets { get; }

    /// <summary>Whether the first server that has bound closes what it does not need.</summary>
    internal bool ClosesUnusedAtStart { get; set; }

    /// <summary>Closes the descriptors on which no endpoint has listened, with a line in the log for each (event 1341). Their
    /// clients then wait for systemd, which has its own descriptors. Call it when all servers of the process have started.
    /// </summary>
    /// <param name="log">The log.</param>
    public void CloseUnused(ILogger log)
    {
        ArgumentNullException.ThrowIfNull(log);
        lock (_lock)
        {
            foreach (var socket in Sockets.Where(socket => !socket.WasUsed && !socket.IsClosed))
            {
                socket.Handle.Dispose();
                LogUnused(log, socket, socket.Problem ?? "It matches no endpoint of a server.");
            }
        }
    }

    /// <summary>Returns the descriptors of connections that the process before has stored. The caller closes them.</summary>
    internal IReadOnlyList<SystemdSocket> TakeConnections()
    {
        lock (_lock)
        {
            List<SystemdSocket> taken =
                [.. Sockets.Where(socket => socket is { IsOfConnection: true, WasUsed: false, IsClosed: false })];
            taken.ForEach(socket => socket.WasUsed = true);
            return taken;
        }
    }

    InheritedListeners IInheritedSource.Match(IReadOnlyList<ListenOptions> endpoints, IReadOnlyCollection<EndPoint> inUse)
    {
        lock (_lock)
        {
            var free = Sockets.Where(socket => socket is { Listener: { } listener, IsClosed: false }
                && !inUse.Contains(listener.EndPoint)).ToList();
            List<InheritedListener> listeners = [];
            foreach (var (listen, wanted, sockets) in SystemdMatch.Find(endpoints, free))
            {
                listeners.Add(new(
                    listen.ToString(), [.. sockets.Select(socket => ListeningDescriptor.Duplicate(socket.Number))],
                    wanted.AddressFamily)
                {
                    OnAttached = log =>
                    {
                        foreach (var socket in sockets)
                        {
                            socket.WasUsed = true;
                            LogInherited(log, wanted, socket);
                        }
                    },
                });
            }

            return new(listeners);
        }
    }

    void IInheritedSource.OnBound(ILogger log)
    {
        if (ClosesUnusedAtStart)
            CloseUnused(log);
    }

    /// <summary>Takes over descriptors.</summary>
    internal static SystemdSockets Open(IEnumerable<(int Number, string Name)> descriptors)
    {
        List<SystemdSocket> sockets = [];
        HashSet<string> seen = [];
        foreach (var (number, name) in descriptors)
        {
            var handle = new SafeFileHandle(number, ownsHandle: true);
            try
            {
                if (OperatingSystem.IsLinux() && name == SystemdConnectionStore.Name)
                {
                    sockets.Add(OpenConnection(number, name, handle));
                    continue;
                }

                var listener = ListeningDescriptor.Open(handle);
                // A socket unit and the descriptor store may pass one socket twice.
                var isNew = GetIdentity(number) is not { } identity || seen.Add(identity);
                sockets.Add(new(
                    number, name, handle, isNew ? listener : null,
                    isNew ? null : $"It is the socket of {listener.EndPoint} again."));
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                sockets.Add(new(number, name, handle, null, e.Message));
            }
        }

        return new(sockets);
    }

    private static SystemdSocket OpenConnection(int number, string name, SafeFileHandle handle)
    {
        NativeDescriptor.CloseOnExec(number);
        return new(
            number, name, handle, null, "It is of the connections that the process before has stored, and nothing takes it.")
        {
            Cookie = SocketCookie.Read(handle),
        };
    }

    private static SystemdSockets Read()
    {
        if (OperatingSystem.IsWindows())
            return new([]);
        var names = ListenVariables.Parse(
            Environment.GetEnvironmentVariable, Environment.ProcessId, ProcessIdentity.Read);
        ListenVariables.Remove();
        return Open(names.Index().Select(one => (ListenVariables.First + one.Index, one.Item)));
    }

    /// <summary>Returns a text that two descriptors of one socket share; null if the system has none.</summary>
    private static string? GetIdentity(int descriptor)
    {
        try
        {
            return new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // The system has no /proc.
        }
    }

    [LoggerMessage(1340, LogLevel.Information, "{Wanted} is inherited: {Socket}.")]
    private static partial void LogInherited(ILogger logger, EndPoint wanted, SystemdSocket socket);

    [LoggerMessage(1341, LogLevel.Warning, "The inherited {Socket} is closed: {Reason}")]
    private static partial void LogUnused(ILogger logger, SystemdSocket socket, string reason);
}
