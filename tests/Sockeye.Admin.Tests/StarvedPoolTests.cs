using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Admin.Tests;

/// <summary>The page answers when it matters: while handlers block every thread of the pool.</summary>
public sealed class StarvedPoolTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Page_answers_and_says_what_is_wrong_while_handlers_block_every_thread_of_the_pool()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only the Linux transport has separate threads.");
        using var release = new ManualResetEventSlim();
        await using var server = await SockeyeServer.StartAsync(
            options => options.ListenLocalhost(0).Run(connection => BlockAsync(connection, release)),
            TestContext.Current.CancellationToken);
        await using var admin = await SockeyeAdmin.StartAsync(
            server, options => (options.Port, options.SampleInterval) = (0, TimeSpan.FromMilliseconds(100)),
            TestContext.Current.CancellationToken);
        ThreadPool.GetMaxThreads(out var threads, out var ports);
        ThreadPool.GetMinThreads(out var least, out _);
        ThreadPool.SetMaxThreads(least, ports);
        List<Socket> clients = [];
        try
        {
            // From here on everything is done on this thread: the pool has none.
            for (var i = 0; i < least + 8; i++)
                clients.Add(Connect(server.EndPoints[0]));

            var text = Until(admin, "/api/server", answer => answer.Contains("handlersWaiting", StringComparison.Ordinal));
            using var json = JsonDocument.Parse(text);
            Assert.True(json.RootElement.GetProperty("connections").GetInt32() > 0);
            Assert.Contains("<title>", Get(admin, "/"), StringComparison.Ordinal);
            Assert.Contains(
                Get(admin, "/metrics").Split('\n'),
                line => line.StartsWith("sockeye_server_saturation_ratio{", StringComparison.Ordinal)
                    && line.Contains("handlers_waiting", StringComparison.Ordinal)
                    && !line.EndsWith(" 0", StringComparison.Ordinal));
            Assert.Contains("\"rows\":[{\"id\":", Get(admin, "/api/connections"), StringComparison.Ordinal);
            // Each of these is a connection, which closes without the pool too: more come than the page serves at a time.
            for (var i = 0; i < 100; i++)
                Assert.Contains("handlersWaiting", Get(admin, "/healthz"), StringComparison.Ordinal);
            // The timer that samples needs the pool: a request samples instead.
            Until(admin, "/api/history", answer => answer.Split("\"time\":[")[1].Split(']')[0].Count(c => c == ',') >= 3);
        }
        finally
        {
            ThreadPool.SetMaxThreads(threads, ports);
            release.Set();
            clients.ForEach(client => client.Dispose());
        }
    }

    private static async Task BlockAsync(ConnectionContext connection, ManualResetEventSlim release)
    {
        await Task.Yield(); // From the thread beside the engine to the pool.
        release.Wait(WaitLimit);
        await connection.Transport.Output.CompleteAsync();
    }

    private static string Until(SockeyeAdmin admin, string target, Func<string, bool> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var text = Get(admin, target);
            if (condition(text))
                return text;
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < WaitLimit, text);
        }
    }

    private static Socket Connect(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = (int)WaitLimit.TotalMilliseconds,
        };
        socket.Connect(endpoint);
        return socket;
    }

    private static string Get(SockeyeAdmin admin, string target)
    {
        using var socket = Connect(admin.EndPoints[0]);
        socket.Send(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {admin.EndPoints[0]}\r\nConnection: close\r\n\r\n"));
        var text = new StringBuilder();
        var buffer = new byte[64 * 1024];
        while (socket.Receive(buffer) is > 0 and var read)
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        var answer = text.ToString();
        Assert.True(answer.StartsWith("HTTP/1.1 200 OK\r\n", StringComparison.Ordinal)
            || (target == "/healthz" && answer.StartsWith("HTTP/1.1 503", StringComparison.Ordinal)), answer);
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }
}
