using System.Net;
using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Bench;

public sealed class MachineTests
{
    [Fact]
    public void Listening_socket_of_a_path_is_found()
    {
        string[] lines =
        [
            "Num       RefCount Protocol Flags    Type St Inode Path",
            "0000000000000000: 00000002 00000000 00010000 0001 01  4711 /tmp/a server",
            "0000000000000000: 00000003 00000000 00000000 0001 03  4712 /tmp/a server",
            "0000000000000000: 00000002 00000000 00010000 0001 01  4713 /tmp/a",
            "0000000000000000: 00000003 00000000 00000000 0001 03  4714",
        ];

        Assert.Equal([4711u], LocalServer.FindInodes(lines, "/tmp/a server"));
    }

    [Fact]
    public async Task Processes_of_a_server_are_those_that_share_its_listening_socket()
    {
        Programs.SkipUnlessLinux("/proc");
        await using var server = await ToolProcess.ListenAsync("--echo");
        await using var other = await ToolProcess.ListenAsync("--echo");

        var one = LocalServer.Find([server.EndPoint]);
        var both = LocalServer.Find([server.EndPoint, other.EndPoint, server.EndPoint]);

        Assert.Equal([server.Id], one!.Processes.Select(process => process.ProcessId));
        Assert.Equal([server.Id, other.Id], both!.Processes.Select(process => process.ProcessId));
        Assert.True(both.ReadCpu() > one.ReadCpu());
        Assert.Null(LocalServer.Find([server.EndPoint, new IPEndPoint(IPAddress.Parse("192.0.2.1"), server.EndPoint.Port)]));
        await other.StopAsync();
        Assert.Null(both.ReadCpu());
        Assert.Null(LocalServer.Find([other.EndPoint]));
    }

    [Fact]
    public void Shares_are_those_of_the_busiest_thread_and_of_the_one_that_waited_longest()
    {
        var earlier = new ThreadLoad(new Dictionary<string, (long, long)> { ["1"] = (1000, 0), ["2"] = (0, 500) });
        var later = new ThreadLoad(
            new Dictionary<string, (long, long)> { ["1"] = (1900, 10), ["2"] = (100, 700), ["3"] = (50, 0) });

        Assert.Equal((0.9, 0.2), later.GetShares(earlier, 1000));
        Assert.Equal((123L, 456L), ThreadLoad.Parse("123 456 7\n"));
        Assert.Null(ThreadLoad.Parse(""));
    }

    [Fact]
    public void Signs_of_an_admin_page_are_sentences()
    {
        using var document = JsonDocument.Parse("""{"name":"x","signs":[{"kind":"a","level":1,"text":"The queue is full."}]}""");
        using var none = JsonDocument.Parse("[]");

        Assert.Equal(["The queue is full."], AdminSigns.FindSigns(document.RootElement));
        Assert.Empty(AdminSigns.FindSigns(none.RootElement));
    }

    [Theory]
    [InlineData("127.0.0.2", 1, "127.0.0.2"), InlineData("127.0.0.0/28", 14, "127.0.0.1")]
    [InlineData("10.0.0.4/31", 2, "10.0.0.4")]
    [InlineData("fd00::/126", 4, "fd00::"), InlineData("::1", 1, "::1")]
    public void Source_is_an_address_or_a_network(string text, int count, string first)
    {
        var addresses = BenchClient.ParseSource(text);

        Assert.Equal(count, addresses.Count);
        Assert.Equal(first, $"{addresses[0]}");
        Assert.Throws<CommandException>(() => BenchClient.ParseSource("nowhere"));
    }

    [Fact]
    public void Picture_of_latencies_shows_the_highest_one()
    {
        var picture = BenchProgress.Draw([0.1, 0.1, 100, 0.1]);

        Assert.Equal("▁▁█▁", picture);
        Assert.Equal("▁▁", BenchProgress.Draw([1, 1]));
    }
}
