using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

/// <summary>A load balancer asks the page as its manual says, and believes what it answers.</summary>
public sealed class HaproxyProbeTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private static readonly string[] Checks =
    [
        "option httpchk",
        "option httpchk GET /healthz",
        "option httpchk HEAD /healthz",
        "option httpchk\nhttp-check send meth GET uri /healthz ver HTTP/1.1 hdr Host localhost:{port}",
    ];

    [Fact]
    public async Task Every_form_of_its_check_finds_a_server_that_serves_and_one_that_stops()
    {
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("sockeye-haproxy-");
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.ShutdownTimeout = WaitLimit;
            options.ListenLocalhost(0).Run(_ => mayEnd.Task);
        }, cancelled);
        await using var admin = await SockeyeAdmin.StartAsync(server, options => options.Port = 0, cancelled);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(server.EndPoints[0], cancelled);
        var configuration = Path.Combine(folder.FullName, "haproxy.cfg");
        var statistics = Path.Combine(folder.FullName, "s");
        await File.WriteAllTextAsync(configuration, Configuration(statistics, ((IPEndPoint)admin.EndPoints[0]).Port), cancelled);
        using var haproxy = Programs.Start("haproxy", "haproxy", "-db", "-f", configuration);
        try
        {
            await UntilAsync(statistics, Enumerable.Repeat(("UP", "200"), Checks.Length));

            var stop = server.StopAsync(cancelled);
            // Plain OPTIONS learns that the page answers, and nothing of the server.
            await UntilAsync(statistics, Enumerable.Repeat(("DOWN", "503"), Checks.Length - 1).Prepend(("UP", "200")));
            mayEnd.SetResult();
            await stop;
        }
        finally
        {
            haproxy.Kill();
            await haproxy.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private static string Configuration(string statistics, int port)
    {
        var text = new StringBuilder($"""
            global
              stats socket {statistics}
            defaults
              mode tcp
              timeout connect 5s
              timeout client 5s
              timeout server 5s
              timeout check 5s

            """);
        for (var i = 0; i < Checks.Length; i++)
        {
            var check = Checks[i].Replace("{port}", $"{port}", StringComparison.Ordinal);
            text.Append($"backend b{i}\n{check}\nserver one 127.0.0.1:{port} check inter 200ms fall 1 rise 1\n");
        }

        return text.ToString();
    }

    /// <summary>Waits until each check has this state and has got this status.</summary>
    private static async Task UntilAsync(string statistics, IEnumerable<(string State, string Status)> expected)
    {
        var begun = TimeProvider.System.GetTimestamp();
        List<(string, string)> wanted = [.. expected], found = [];
        while (!found.SequenceEqual(wanted))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(begun) < WaitLimit,
                $"HAProxy finds {string.Join(", ", found)}, not {string.Join(", ", wanted)}.");
            found = File.Exists(statistics) ? await ReadAsync(statistics) : [];
        }
    }

    private static async Task<List<(string State, string Status)>> ReadAsync(string statistics)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(statistics), TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            return []; // It has made its socket, and does not listen yet.
        }

        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync("show stat\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var lines = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n');
        var names = lines[0].TrimStart('#', ' ').Split(',').ToList();
        return
        [
            .. lines.Select(line => line.Split(',')).Where(fields => fields.Length > 1 && fields[1] == "one").Select(fields =>
                (fields[names.IndexOf("status")], fields[names.IndexOf("check_code")])),
        ];
    }
}
