using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Comparison.Servers;

/// <summary>
/// A loop of <see cref="Socket"/> calls a connection, with a buffer of 64 KiB: what one writes without a library.
/// </summary>
internal static class RawSocketEcho
{
    private const int BufferSize = 64 * 1024;

    public static Task<IPEndPoint> StartAsync(ServerMode mode)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(int.MaxValue);
        _ = AcceptAsync(listener, mode == ServerMode.Broadcast ? new Members().ServeAsync : EchoAsync);
        return Task.FromResult((IPEndPoint)listener.LocalEndPoint!);
    }

    private static async Task AcceptAsync(Socket listener, Func<Socket, Task> serve)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync();
            socket.NoDelay = true;
            _ = ServeAsync(socket, serve);
        }
    }

    private static async Task ServeAsync(Socket socket, Func<Socket, Task> serve)
    {
        using (socket)
        {
            try
            {
                await serve(socket);
            }
            catch (SocketException)
            {
                // The peer reset the connection: there is nothing left to serve.
            }
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[BufferSize];
        while (await socket.ReceiveAsync(buffer) is > 0 and var count)
            await SendAllAsync(socket, buffer.AsMemory(0, count));
    }

    private static async ValueTask SendAllAsync(Socket socket, ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
            data = data[await socket.SendAsync(data)..];
    }

    /// <summary>Those who get what one of them sends.</summary>
    private sealed class Members
    {
        private readonly ConcurrentDictionary<Socket, bool> _all = [];

        public async Task ServeAsync(Socket socket)
        {
            _all[socket] = true;
            try
            {
                // Of those 5,001 connections one sends, and small messages: the others need no large buffer.
                var buffer = new byte[1024];
                while (await socket.ReceiveAsync(buffer) is > 0 and var count)
                {
                    foreach (var (member, _) in _all)
                    {
                        if (member != socket)
                            await SendAllAsync(member, buffer.AsMemory(0, count));
                    }
                }
            }
            finally
            {
                _all.TryRemove(socket, out _);
            }
        }
    }
}
