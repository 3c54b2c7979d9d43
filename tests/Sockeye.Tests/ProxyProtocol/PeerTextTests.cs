using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>Nothing that a client chose forges a line of a log or commands a terminal.</summary>
public sealed class PeerTextTests
{
    private const int Seed = 1510;

    private const string Evil = "/x\r\nfail: forged\u001b[2J\u009b\u202e\u2028";
    private const string Shown = "/x\\x0D\\x0Afail: forged\\x1B[2J\\x9B\\u202E\\u2028";

    [Fact]
    public void Path_of_a_unix_socket_in_a_header_is_escaped_in_the_log_and_where_a_handler_prints_it() =>
        Simulated.Run(Seed, async world =>
        {
            List<string> printed = [];
            await using var server = await StartAsync(world, connection =>
            {
                printed.Add($"{connection.RemoteEndPoint} {connection.LocalEndPoint} {connection.ProxyHeader}");
                var header = connection.ProxyHeader!;
                printed.Add($"{header.Authority} {header.Alpn} {header.AwsVpcEndpointId} {header.Ssl!.CommonName}");
                Assert.Equal(Evil, Encoding.UTF8.GetString(((UnixPathEndPoint)connection.RemoteEndPoint!).Path.Span));
                return Task.CompletedTask;
            });
            await using var client = await world.Connect();
            await client.SendAsync(EvilHeader());

            var ended = await world.ConnectionEnded();
            Assert.Contains($" {Shown} -> @{Shown[1..]} via ", ended.Message);
            Assert.Equal(
                [$"{Shown} @{Shown[1..]} PROXY V2: {Shown} -> @{Shown[1..]}", $"{Shown} {Shown} {Shown} {Shown}"], printed);
            AssertSafe(world.Log.Lines.GetSnapshot());
        });

    [Fact]
    public void What_a_handler_throws_about_a_message_is_escaped_in_the_log() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            var text = await connection.ReadAsync(Evil.Length);
            throw new FormatException($"The input string '{text}' was not in a correct format.", new InvalidDataException(text));
        });
        await using var client = await world.Connect();
        await client.SendAsync("/x\r\nfail: forged\u001b[2J\u009b\u202e\u2028");

        var ended = await world.ConnectionEnded();
        Assert.Contains("the handler threw FormatException: The input string '/x\\x0D\\x0Afail: forged", ended.Message);
        Assert.Contains("'/x\\x0D\\x0Afail: forged", Assert.Single(world.Log.WithId(1201)).Exception!.ToString());
        AssertSafe(world.Log.Lines.GetSnapshot());
    });

    [Fact]
    public void What_a_codec_says_of_a_frame_is_escaped_in_errors_and_in_the_log() => Simulated.Run(Seed, async world =>
    {
        var codec = Codec.LengthPrefixed(1000).WithMessages<string>(
            (text, output) => Encoding.UTF8.GetBytes(text, output),
            payload => throw new FormatException($"no order: {Encoding.UTF8.GetString(payload)}"));
        FrameException? seen = null;
        await using var server = await world.Start(async connection =>
        {
            await using var messages = connection.AsMessages(codec);
            seen = await Assert.ThrowsAsync<FrameException>(async () =>
            {
                await foreach (var _ in messages.ReadAllAsync(TestContext.Current.CancellationToken))
                    Assert.Fail("There is no message.");
            });
            throw seen;
        });
        await using var client = await world.Connect();
        await using var sender = client.AsMessages(codec);
        await sender.WriteAsync(Evil, CancellationToken.None);

        Assert.Contains("no order: " + Shown, (await world.ConnectionEnded()).Message);
        Assert.Contains("no order: " + Shown, seen!.Message);
        Assert.DoesNotContain(seen.ToString().Split(Environment.NewLine), line => line.Any(char.IsControl));
        AssertSafe(world.Log.Lines.GetSnapshot());
    });

    [Fact]
    public async Task Path_that_a_client_of_a_unix_socket_is_bound_to_is_escaped_too()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("A path with such characters is a matter of Linux.");
        using var log = new TestLog();
        var folder = Directory.CreateTempSubdirectory("sockeye-");
        var remotes = new List<System.Net.EndPoint?>();
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.LoggerFactory = log;
            options.ListenUnixSocket(Path.Combine(folder.FullName, "server")).Run(connection =>
            {
                lock (remotes)
                    remotes.Add(connection.RemoteEndPoint);
                return ConnectionText.Echo(connection);
            });
        }, TestContext.Current.CancellationToken);
        try
        {
            foreach (var path in (string[])[$"{folder.FullName}/c\n\u001b", $"\0sockeye\n{folder.Name}"])
            {
                using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                client.Bind(new UnixDomainSocketEndPoint(path));
                await client.ConnectAsync(server.EndPoints[0], TestContext.Current.CancellationToken).AsTask().Within();
                client.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().Within());
                Assert.Equal(path, Encoding.UTF8.GetString(((UnixPathEndPoint)remotes[^1]!).Path.Span));
            }

            await BoundedWait.Until(() => log.WithId(1200).Count() == 2, "both ends were logged");
            var ends = string.Join('\n', log.WithId(1200).Select(line => line.Message));
            Assert.Contains("/c\\x0A\\x1B -> ", ends);
            Assert.Contains(" @sockeye\\x0A", ends);
            AssertSafe(log.Lines.GetSnapshot());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<SockeyeServer> StartAsync(Simulated world, ConnectionDelegate handler) =>
        world.StartWith(listen => listen.UseProxyProtocol(ProxiedServer.Everybody).Run(handler));

    private static byte[] EvilHeader()
    {
        var text = Encoding.UTF8.GetBytes(Evil);
        byte[] commonName = [0x22, 0, (byte)text.Length, .. text];
        ProxyHeader tlvs = new()
        {
            Tlvs =
            [
                new(ProxyTlvType.Authority, text), new(ProxyTlvType.Alpn, text), new(ProxyTlvType.Aws, (byte[])[1, .. text]),
                new(ProxyTlvType.Ssl, (byte[])[7, 0, 0, 0, 0, .. commonName]),
            ],
        };
        var rest = tlvs.ToBytes()[16..];
        byte[] name = [0, .. text[1..]];
        byte[] addresses = [.. text, .. new byte[108 - text.Length], .. name, .. new byte[108 - name.Length]];
        var length = addresses.Length + rest.Length;
        return
        [
            .. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x31, (byte)(length >> 8), (byte)length, .. addresses, .. rest,
        ];
    }

    private static void AssertSafe(IEnumerable<FakeLogRecord> lines) => Assert.All(lines, line =>
    {
        Assert.DoesNotContain(line.Message, one => char.IsControl(one) || one is '\u202e' or '\u2028');
        Assert.DoesNotContain(
            $"{line.Exception}".Split('\n'),
            part => part.TrimEnd('\r').Any(one => char.IsControl(one) || one is '\u202e' or '\u2028')
                || part.StartsWith("fail:", StringComparison.Ordinal));
        Assert.All(line.StructuredState!, value => Assert.DoesNotContain(
            value.Value ?? "", one => value.Key != "{OriginalFormat}" && (char.IsControl(one) || one is '\u202e' or '\u2028')));
    });
}
