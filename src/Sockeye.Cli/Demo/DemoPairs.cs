using System.Net;

namespace Sockeye.Cli;

/// <summary>The scene of a client with N sockets: each has a separate local port, and a separate socket on the server.</summary>
internal static class DemoPairs
{
    private const int Sockets = 3;

    public static async Task<DemoScene> PlayAsync(SockeyeClient client, EndPoint server, DemoAcceptor acceptor)
    {
        List<string> facts = [];
        var near = await client.ConnectManyAsync(server, Sockets);
        for (var i = 0; i < Sockets; i++)
        {
            var far = await acceptor.AcceptAsync(near);
            // The accept queue may have another order than the calls: the address identifies the client.
            var peer = near.Single(connection => connection.LocalEndPoint!.Equals(far.RemoteEndPoint));
            facts.Add($"client {peer.LocalEndPoint} <-> a server socket that sees {far.RemoteEndPoint}");
            // At the same time, because each waits for the other's FIN.
            await Task.WhenAll(peer.DisposeAsync().AsTask(), far.DisposeAsync().AsTask());
        }

        return new("1 : 1", $"one server socket per client socket; a client may use N, here {Sockets}", [], facts);
    }
}
