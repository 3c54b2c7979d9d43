using System.Net.Sockets;
using System.Text;
using Sockeye.Cli.Tests.Support;
using Sockeye.Tests.Tls;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>Attacks of the internet on a server, by plain sockets on <c>sockeye listen</c>.</summary>
public sealed class AttackTests
{
    private const string Attacker = "127.0.0.66";

    /// <summary>A TLS record that promises 512 bytes of a ClientHello, and the first few of them.</summary>
    private static readonly byte[] HalfHello = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];

    [Fact]
    public async Task Thousands_that_send_nothing_are_ended_while_others_are_served()
    {
        await using var siege = await Siege.BeginAsync("", "--echo", "--idle-timeout", "3s");

        await siege.AttackAsync(5000, Attacker, _ => Task.CompletedTask);
        await siege.HoldAsync(goodClients: 50);

        await siege.AttackersAreGoneAsync();
        await siege.AssertHeldAsync(megabytes: 150);
    }

    [Fact]
    public async Task Thousands_of_handshakes_that_never_finish_are_ended_while_others_are_served()
    {
        await using var siege = await Siege.BeginAsync("", "--echo", "--tls", "self-signed", "--handshake-timeout", "3s");

        await siege.AttackAsync(1500, Attacker, _ => Task.CompletedTask);
        await siege.AttackAsync(1000, Attacker, attacker => attacker.SendAsync(HalfHello));
        await siege.AttackAsync(500, Attacker, attacker => attacker.SendAsync(RecordedHello.Bytes));
        await siege.HoldAsync(goodClients: 50);

        await siege.AttackersAreGoneAsync();
        await siege.AssertHeldAsync(megabytes: 250);
    }

    [Fact]
    public async Task Handshakes_of_a_byte_at_a_time_do_not_last_longer()
    {
        await using var siege = await Siege.BeginAsync("", "--echo", "--tls", "self-signed", "--handshake-timeout", "2s");
        var attackers = new List<Socket>();
        await siege.AttackAsync(500, Attacker, attacker =>
        {
            attackers.Add(attacker);
            return Task.CompletedTask;
        });

        // A byte for each good client that is served at the same time.
        foreach (var next in HalfHello)
        {
            foreach (var attacker in attackers)
                await SendAsync(attacker, [next]);
            await siege.HoldAsync(goodClients: 5);
        }

        await siege.AttackersAreGoneAsync();
        await siege.AssertHeldAsync(megabytes: 150);
    }

    [Fact]
    public async Task Peers_that_never_read_cost_bounded_memory_and_others_are_served()
    {
        const int Megabyte = 1024 * 1024;
        await using var siege = await Siege.BeginAsync("", "--echo");
        var lump = new byte[Megabyte];

        // Each sends until the buffers of both sides are full.
        await siege.AttackAsync(100, Attacker, attacker =>
        {
            attacker.Blocking = false;
            SendWhatGoes(attacker, lump, most: 64 * Megabyte);
            return Task.CompletedTask;
        });
        await siege.HoldAsync(goodClients: 50);

        await siege.AssertHeldAsync(megabytes: 300);
    }

    [Fact]
    public async Task Flood_from_one_address_is_limited_to_its_share()
    {
        await using var siege = await Siege.BeginAsync("", "--echo", "--max-per-address", "50");

        await siege.AttackAsync(3000, Attacker, _ => Task.CompletedTask);
        await siege.HoldAsync(goodClients: 50);

        Assert.Contains(Attacker, await siege.Server.WaitForErrorAsync("refuses clients"), StringComparison.Ordinal);
        await siege.AssertHeldAsync(megabytes: 100);
    }

    [Fact]
    public async Task Garbage_instead_of_a_proxy_header_ends_its_connection_only()
    {
        await using var siege = await Siege.BeginAsync(
            "PROXY TCP4 192.0.2.1 192.0.2.2 1000 7000\r\n",
            "--echo", "--proxy-protocol", "localhost", "--handshake-timeout", "3s");
        byte[][] headers =
        [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
            "PROXY TCP4 1.2.3.4"u8.ToArray(), // truncated: nothing follows
            Encoding.ASCII.GetBytes("PROXY " + new string('x', 100_000)),
            "PROXY TCP4 999.2.3.4 1.2.3.4 1 2\r\n"u8.ToArray(),
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0xFF, 0xFF], // version 2 with 65,535 bytes to come
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0xF1, 0x11, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], // of an unknown version
            [0, 0, 0, 0, 0, 0, 0, 0],
            HalfHello,
        ];

        foreach (var header in headers)
            await siege.AttackAsync(50, Attacker, attacker => SendAsync(attacker, header));
        await siege.HoldAsync(goodClients: 50);

        await siege.AttackersAreGoneAsync();
        await siege.AssertHeldAsync(megabytes: 100);
    }

    [Fact]
    public async Task Line_without_an_end_ends_its_connection_only()
    {
        await using var server = await ToolProcess.ListenAsync("--chat");
        using var one = await Peer.ConnectAsync(server.EndPoint);
        using var other = await Peer.ConnectAsync(server.EndPoint);
        using var attacker = await Peer.ConnectAsync(server.EndPoint);

        await SendAsync(attacker.Socket, new byte[100_000]);

        Assert.True(await attacker.EndsWithResetAsync());
        await one.SendAsync("still here\n");
        Assert.EndsWith(": still here", await other.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_are_swapped_under_load_without_a_failed_connection()
    {
        using var authority = new AuthorityFiles();
        var files = authority.Issue("localhost");
        await using var siege = await Siege.BeginAsync("", "--echo", "--cert", files.Certificate, "--key", files.Key);

        for (var i = 0; i < 10; i++)
        {
            var next = authority.Issue("localhost");
            // Not in one step: certificate and key do not match in between, and each may be half written.
            File.Copy(next.Key, files.Key, overwrite: true);
            await siege.HoldAsync(goodClients: 5);
            File.Copy(next.Certificate, files.Certificate, overwrite: true);
            await siege.HoldAsync(goodClients: 20);
        }

        await siege.AssertHeldAsync(megabytes: 150);
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        try
        {
            await socket.SendAsync(bytes).WaitAsync(ToolProcess.DefaultTimeout);
        }
        catch (SocketException)
        {
            // The server has ended the connection already, as it should.
        }
    }

    private static void SendWhatGoes(Socket socket, byte[] lump, int most)
    {
        for (var sent = 0; sent < most;)
        {
            var more = socket.Send(lump, SocketFlags.None, out var error);
            if (error is not SocketError.Success)
                return;
            sent += more;
        }
    }
}
