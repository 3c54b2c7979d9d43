using System.Net;
using System.Net.NetworkInformation;

namespace Sockeye.Cli;

/// <summary>The sockets of this process, one system call for each, where the kernel's table cannot be read.</summary>
internal sealed class OwnSockets(Func<IEnumerable<PageEnd>> ends) : IKernelSockets
{
    public string Source => OperatingSystem.IsMacOS() ? "TCP_CONNECTION_INFO"
        : OperatingSystem.IsWindows() ? "SIO_TCP_INFO"
        : "TCP_INFO";

    public bool HasAll => false;

    public IReadOnlyList<KernelSocket> Read(IPEndPoint endpoint) => [.. ends().Select(Read).OfType<KernelSocket>()];

    private static KernelSocket? Read(PageEnd end) =>
        end.Connection is { LocalEndPoint: IPEndPoint local, RemoteEndPoint: IPEndPoint remote } connection
            && connection.GetTcpInfo() is { State: not (TcpState.Unknown or TcpState.Closed) } info
            ? new(local, remote, StepText.State(info.State)) { SendQueue = info.UnacknowledgedBytes }
            : null;
}
