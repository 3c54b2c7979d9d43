using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli.Tests.Bench;

/// <summary>An echo server of this process with a planted pause or delay.</summary>
internal sealed class EchoServer(TimeSpan? pause, int pauseAt, TimeSpan? delay) : IAsyncDisposable
{
    private readonly ConcurrentQueue<IPEndPoint> _clients = [];
    private SockeyeServer? _server;
    private int _messages;

    public EndPoint EndPoint => _server!.EndPoints[0];

    /// <summary>The addresses of all clients since the start.</summary>
    public IEnumerable<IPEndPoint> Clients => _clients;

    /// <param name="pauseAt">The number of the message after which all connections wait once.</param>
    /// <param name="pause">The time that they wait.</param>
    /// <param name="delay">The time before each answer.</param>
    public static async Task<EchoServer> StartAsync(
        int pauseAt = int.MaxValue, TimeSpan? pause = null, TimeSpan? delay = null)
    {
        var server = new EchoServer(pause, pauseAt, delay);
        server._server = await SockeyeServer.StartAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(server.ServeAsync));
        return server;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task ServeAsync(ConnectionContext connection)
    {
        _clients.Enqueue((IPEndPoint)connection.RemoteEndPoint!);
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            if (Interlocked.Increment(ref _messages) == pauseAt)
                await Task.Delay(pause!.Value, TimeProvider.System);
            if (delay is { } time)
                await Task.Delay(time, TimeProvider.System);
            foreach (var block in read.Buffer)
                connection.Transport.Output.Write(block.Span);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            await connection.Transport.Output.FlushAsync();
            if (read.IsCompleted)
                return;
        }
    }
}
