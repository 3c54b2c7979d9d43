using System.Net;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>
/// Servers in a network of their own, joined by a cable (veth) to clients that will be cut off, and by another to clients that
/// will not. This machine's networks see nothing of it.
/// </summary>
internal sealed class TestNetworks : IAsyncDisposable
{
    public const string DoomedAddress = "10.0.1.2";

    private const string ServerForDoomed = "10.0.1.1", ServerForGood = "10.0.2.1", GoodAddress = "10.0.2.2";
    private const string DoomedCable = "doomed", GoodCable = "good";

    private readonly List<NetworkNamespace> _namespaces = [];

    private TestNetworks()
    {
    }

    private NetworkNamespace Server => _namespaces[0];

    private NetworkNamespace Doomed => _namespaces[1];

    private NetworkNamespace Good => _namespaces[2];

    public static async Task<TestNetworks> CreateAsync()
    {
        var networks = new TestNetworks();
        try
        {
            for (var i = 0; i < 3; i++)
                networks._namespaces.Add(await NetworkNamespace.CreateAsync());
            await networks.JoinAsync(networks.Doomed, DoomedCable, ServerForDoomed, DoomedAddress);
            await networks.JoinAsync(networks.Good, GoodCable, ServerForGood, GoodAddress);
            return networks;
        }
        catch
        {
            await networks.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts <c>sockeye listen</c> on all addresses of the servers' network.</summary>
    public Task<ToolProcess> ListenAsync(params string[] options) => ToolProcess.ReadyAsync(
        ToolProcess.StartUnder($"""exec ip netns exec {Server.Name} "$0" "$@" """, ["listen", "0.0.0.0:0", .. options]));

    /// <summary>A client behind the cable that will be cut.</summary>
    public async Task<Peer> ConnectDoomedAsync(ToolProcess server)
    {
        var socket = Doomed.NewSocket();
        await socket.ConnectAsync(IPAddress.Parse(ServerForDoomed), server.Port).WaitAsync(ToolProcess.DefaultTimeout);
        return new(socket);
    }

    /// <summary>Starts good clients behind the other cable.</summary>
    public Task<Siege> BeginSiegeAsync(ToolProcess server) =>
        Siege.BeginAsync(server, new(IPAddress.Parse(ServerForGood), server.Port), Good.NewSocket);

    /// <summary>Cuts the clients off: neither a FIN nor an acknowledgement of theirs arrives any longer.</summary>
    public Task CutAsync(Cut cut) => cut is Cut.LinkDown
        ? Doomed.IpAsync("link", "set", DoomedCable, "down")
        : Doomed.IpAsync("route", "add", "blackhole", ServerForDoomed);

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _namespaces)
            await one.DisposeAsync();
    }

    private async Task JoinAsync(NetworkNamespace client, string cable, string serverAddress, string clientAddress)
    {
        await Server.IpAsync("link", "add", cable, "type", "veth", "peer", "name", cable, "netns", client.Name);
        await PlugInAsync(Server, cable, serverAddress);
        await PlugInAsync(client, cable, clientAddress);
    }

    private static async Task PlugInAsync(NetworkNamespace side, string cable, string address)
    {
        await side.IpAsync("addr", "add", $"{address}/24", "dev", cable);
        await side.IpAsync("link", "set", cable, "up");
    }
}

/// <summary>How clients are cut off from a server.</summary>
public enum Cut
{
    /// <summary>Their cable is pulled: after a while, the server's system finds no machine at their address.</summary>
    LinkDown,

    /// <summary>Their data is lost, the data of the server is not, as with a fault in a distant network.</summary>
    RepliesLost,
}
