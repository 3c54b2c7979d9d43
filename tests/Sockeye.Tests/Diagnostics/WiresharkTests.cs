using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Diagnostics;

/// <summary>Files of real connections, taken over the kernel's sockets, as Wireshark's own dissectors see them.</summary>
public sealed class WiresharkTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sockeye-capture-");

    private string File => Path.Combine(_folder.FullName, "x.pcapng");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Http_is_dissected_with_its_methods_and_statuses()
    {
        Tshark.SkipIfMissing();
        var ports = await Record(IPAddress.Loopback, ServeHttp, async client =>
        {
            await client.SendAsync("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await client.ReadAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".Length);
            await client.SendAsync("POST /second HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
            await client.ReadAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".Length);
        });

        var asHttp = As("http", ports);
        Assert.Equal(
            ["GET /first", "200", "POST /second", "404"],
            await Tshark.FieldsAsync(File, "http", ["http.request.method", "http.request.uri", "http.response.code"], asHttp));
        await Tshark.AssertNothingIsWrongAsync(File, asHttp);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Lines_are_followed_between_the_right_addresses(string address)
    {
        Tshark.SkipIfMissing();
        var ip = IPAddress.Parse(address);
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var ports = await Record(ip, ConnectionText.Echo, async client =>
        {
            await client.SendAsync("hello\n");
            await client.ReadAsync(6);
            await client.SendAsync("world\n");
            await client.ReadAsync(6);
        });

        var asData = As("data", ports);
        var followed = await Tshark.RunAsync(File, [.. asData, "-q", "-z", "follow,tcp,ascii,0"]);
        Assert.Contains($"Node 0: {new IPEndPoint(ip, ports.Client)}", followed);
        Assert.Equal(["hello", "hello", "world", "world"], followed.Where(line => line is "hello" or "world"));
        var conversations = await Tshark.RunAsync(File, [.. asData, "-q", "-z", "conv,tcp"]);
        var conversation = Assert.Single(conversations, line => line.Contains("<->", StringComparison.Ordinal));
        Assert.StartsWith($"{address}:{ports.Client}", conversation);
        Assert.Contains($"<-> {address}:{ports.Server}", conversation);
        var times = await Tshark.FieldsAsync(
            File, "tcp.len > 0", ["frame.time_epoch", "frame.packet_flags_direction", "frame.interface_name"], asData);
        Assert.Equal("1212", string.Concat(times.Select(line => line.Split(' ')[1][^1])));
        Assert.All(times, line => Assert.EndsWith($" {new IPEndPoint(ip, ports.Server)}", line));
        Assert.InRange(
            double.Parse(times[0].Split(' ')[0], CultureInfo.InvariantCulture),
            before, before + 60);
        await Tshark.AssertNothingIsWrongAsync(File, asData);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Megabytes_both_ways_leave_nothing_to_doubt(bool byDefaultTransport)
    {
        Tshark.SkipIfMissing();
        const int Length = 8 * 1024 * 1024;
        var ports = await Record(IPAddress.Loopback, ConnectionText.Echo, async client =>
        {
            var sending = client.SendAsync(new string('x', Length));
            Assert.Equal(Length, (await client.ReadAsync(Length)).Length);
            await sending;
        }, byDefaultTransport: byDefaultTransport);

        var asData = As("data", ports);
        await Tshark.AssertNothingIsWrongAsync(File, asData);
        var lengths = await Tshark.FieldsAsync(File, "tcp.len > 0", ["tcp.len"], asData);
        Assert.Equal(2 * Length, lengths.Sum(int.Parse));
        Assert.Equal(
            [$"{Length + 1}", $"{Length + 1}"], await Tshark.FieldsAsync(File, "tcp.flags.fin == 1", ["tcp.seq"], asData));
    }

    [Fact]
    public async Task Reset_is_shown_with_its_side_and_cause()
    {
        Tshark.SkipIfMissing();
        var ports = await Record(IPAddress.Loopback, async connection =>
        {
            await connection.ReadAsync(1);
            connection.Abort(CloseCause.ProtocolError, "not spoken here");
        }, async client =>
        {
            await client.SendAsync("?");
            await client.AssertResetAsync();
        });

        var asData = As("data", ports);
        var reset = Assert.Single(await Tshark.FieldsAsync(
            File, "tcp.flags.reset == 1", ["tcp.srcport", "tcp.flags.str", "frame.comment"], asData));
        Assert.EndsWith("Local ProtocolError, not spoken here", reset);
        Assert.Empty(await Tshark.RunAsync(File, ["-Y", "tcp.analysis.flags", .. asData]));
    }

    [Fact]
    public async Task Left_out_data_and_the_second_file_of_a_series_are_no_errors()
    {
        Tshark.SkipIfMissing();
        var ports = await Record(IPAddress.Loopback, ConnectionText.Echo, async client =>
        {
            for (var i = 0; i < 20; i++)
            {
                await client.SendAsync(new string('x', 20_000));
                await client.ReadAsync(20_000);
            }
        }, new() { MaxFileSize = 200_000, MaxFiles = 10, MaxBytesPerConnection = 500_000 });

        var files = Directory.GetFiles(_folder.FullName);
        Assert.InRange(files.Length, 3, 5);
        foreach (var file in files)
            await Tshark.AssertNothingIsWrongAsync(file, As("data", ports));
    }

    /// <summary>A port that happened to be chosen must not call some other dissector.</summary>
    private static string[] As(string protocol, (int Server, int Client) ports) =>
        ["-d", $"tcp.port=={ports.Server},{protocol}", "-d", $"tcp.port=={ports.Client},{protocol}"];

    private async Task<(int Server, int Client)> Record(
        IPAddress address, ConnectionDelegate handler, Func<ConnectionContext, Task> talk, WireCaptureOptions? options = null,
        bool byDefaultTransport = false)
    {
        await using var capture = new WireCapture(File, options);
        await using var server = await SockeyeServer.StartAsync(
            listening =>
            {
                if (!byDefaultTransport)
                    listening.Transport = SocketTransport.Shared;
                listening.Listen(new IPEndPoint(address, 0)).UseWireCapture(capture).Run(handler);
            },
            TestContext.Current.CancellationToken);
        await using var client = await server.ConnectAsync();
        await talk(client).Within();
        var ports = (((IPEndPoint)client.RemoteEndPoint!).Port, ((IPEndPoint)client.LocalEndPoint!).Port);
        await client.DisposeAsync();
        await BoundedWait.Until(() => server.ConnectionCount == 0, "the server's connection was gone");
        return ports;
    }

    private static async Task ServeHttp(ConnectionContext connection)
    {
        var head = new StringBuilder();
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            head.Append(Encoding.ASCII.GetString(read.Buffer));
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.Buffer.IsEmpty && read.IsCompleted)
                return;
            if (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                continue;
            await connection.SendAsync(head.ToString().StartsWith("GET /first ", StringComparison.Ordinal)
                ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
                : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            head.Clear();
        }
    }
}
