using System.Net;
using System.Net.Sockets;

namespace Sockeye.AdminPage;

/// <summary>Many clients that say little.</summary>
internal static class Clients
{
    public static async Task HoldAsync(IPEndPoint server, int count)
    {
        List<Socket> sockets = [];
        for (var i = 0; i < count; i++)
        {
            sockets.Add(new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            await sockets[i].ConnectAsync(server);
            await sockets[i].SendAsync(new byte[1 + (i % 100)]);
        }

        Console.WriteLine($"{count} connections, {Environment.ProcessorCount} processors");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
        GC.KeepAlive(sockets);
    }
}
