using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace Sockeye.Comparison.Servers;

/// <summary>StackExchange's Pipelines.Sockets.Unofficial, with its defaults.</summary>
internal static class UnofficialPipelinesEcho
{
    public static Task<IPEndPoint> StartAsync()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(int.MaxValue);
        _ = AcceptAsync(listener);
        return Task.FromResult((IPEndPoint)listener.LocalEndPoint!);
    }

    private static async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync();
            SocketConnection.SetRecommendedServerOptions(socket);
            _ = ServeAsync(SocketConnection.Create(socket));
        }
    }

    private static async Task ServeAsync(SocketConnection connection)
    {
        using (connection)
        {
            try
            {
                await PipeEcho.RunAsync(connection.Input, connection.Output);
            }
            catch (Exception e) when (e is SocketException or ConnectionResetException or IOException)
            {
                // The peer reset the connection: there is nothing left to serve.
            }

            await connection.Input.CompleteAsync();
            await connection.Output.CompleteAsync();
        }
    }
}
