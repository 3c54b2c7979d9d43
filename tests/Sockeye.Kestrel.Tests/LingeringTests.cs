using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Sockeye.Kestrel.Tests.Support;
using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests;

/// <summary>Kestrel disposes of a connection as soon as its answer is written. A client that still reads gets all of it.
/// </summary>
public sealed class LingeringTests
{
    private const int Answer = 200_000;
    private const int SmallBuffer = 16 * 1024;
    private const int LargeBuffer = 256 * 1024;

    [Theory, ClassData(typeof(EachEngine))]
    public async Task Late_bytes_of_a_client_do_not_cut_off_its_answer(LinuxEngine engine)
    {
        await using var transport = new LinuxTransport(new()
        {
            Engine = engine,
            ThreadCount = 2,
            Sockets = new() { LingerTimeout = TimeSpan.FromMilliseconds(50), SendBufferSize = LargeBuffer },
        });
        await using var host = await KestrelHost.StartAsync(
            transport,
            app =>
            {
                app.MapGet("/", () => "short");
                app.MapGet("/long", () => Results.Bytes(new byte[Answer]));
            },
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        using var client = await AskAsync(host, "/long", SmallBuffer);
        for (var i = 0; i < 3; i++)
        {
            // A connection whose client has taken everything, and does not end its side, is closed in the meantime.
            using var other = await AskAsync(host, "/");
            await other.ReceiveEndAsync();
            await other.SendUntilResetAsync();
            await client.SendAsync("late");
        }

        await client.ReceiveEndAsync();
        Assert.True(client.ReceivedLength > Answer);
    }

    private static async Task<RawClient> AskAsync(KestrelHost host, string path, int? receiveBuffer = null)
    {
        var client = await RawClient.ConnectAsync(host.EndPoint, receiveBuffer);
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await client.ReceiveAsync("200 OK");
        return client;
    }
}
