using System.Net.Sockets;
using System.Text;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>A service in a separate process, which gets the descriptors of the store from 3 on.</summary>
internal static class RestartService
{
    /// <summary>.NET cannot start a process with further descriptors. This program receives them, and becomes the
    /// service.</summary>
    private const string Launcher = """
        import fcntl, os, socket, sys
        manager = socket.socket(socket.AF_UNIX)
        manager.connect(sys.argv[1])
        names, received = [], []
        while True:
            data, descriptors, _, _ = socket.recv_fds(manager, 300, 1)
            if not data:
                break
            names.append(data.decode())
            received += descriptors
        manager.close()
        # Out of the way first: a number may be that of another one.
        moved = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 3 + 2 * len(received)) for one in received]
        for index, descriptor in enumerate(moved):
            os.dup2(descriptor, 3 + index, inheritable=True)
        if names:
            inode = os.fstat(os.pidfd_open(os.getpid())).st_ino
            os.environ.update(
                LISTEN_PID=str(os.getpid()), LISTEN_PIDFDID=str(inode), LISTEN_FDS=str(len(names)),
                LISTEN_FDNAMES=":".join(names))
        os.execvp(sys.argv[2], sys.argv[2:])
        """;

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Sockeye.Restart.Node.dll");

    /// <param name="manager">The manager.</param>
    /// <param name="reported">The value of FDSTORE.</param>
    /// <param name="arguments">The arguments of the program.</param>
    public static async Task<ServerProcess> StartAsync(ServiceManager manager, int reported, params string[] arguments)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = manager.Path + ".start";
        File.Delete(path);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var service = ServerProcess.Start(
            "python3", ["-c", Launcher, path, "dotnet", Program, .. arguments],
            new() { ["NOTIFY_SOCKET"] = manager.Path, ["FDSTORE"] = $"{reported}" });
        using var channel = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        foreach (var (name, handle) in manager.Pass())
        {
            using (handle)
                DescriptorMessage.Send(channel, Encoding.ASCII.GetBytes(name), [handle]);
        }

        return service;
    }
}
