using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Top;

/// <summary>The screen in a real terminal.</summary>
public sealed class TopTerminalTests
{
    [Fact]
    public async Task Screen_sorts_filters_resizes_and_quits()
    {
        Programs.SkipUnlessLinux("this terminal");
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var first = await Peer.ConnectAsync(server.EndPoint);
        using var second = await Peer.ConnectAsync(server.EndPoint);
        var (firstPort, secondPort) = ($"{first.Socket.LocalEndPoint}", $"{second.Socket.LocalEndPoint}");
        await using var terminal = await TmuxTerminal.StartAsync(
            80, 24,
            [.. ToolProcess.Command, "top", "--interval", "200ms", "--sort", "remote", "--filter", $"lport={server.Port}"]);

        var lines = await terminal.WaitForTextAsync(secondPort);
        Assert.Contains(lines, line => line.StartsWith("LOCAL", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(firstPort, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("by REMOTE↑", StringComparison.Ordinal));

        var isFirstAbove = IndexOf(lines, firstPort) < IndexOf(lines, secondPort);
        await terminal.SendAsync("I");
        lines = await terminal.WaitForTextAsync("by REMOTE↓");
        Assert.NotEqual(isFirstAbove, IndexOf(lines, firstPort) < IndexOf(lines, secondPort));

        await terminal.SendTextAsync("/");
        await terminal.SendAsync("C-u");
        await terminal.SendTextAsync($"rport={((System.Net.IPEndPoint)second.Socket.LocalEndPoint!).Port}");
        await terminal.SendAsync("Enter");
        lines = await terminal.WaitAsync(
            each => each.Any(line => line.Contains("(1 of ", StringComparison.Ordinal)) && IndexOf(each, firstPort) < 0);
        Assert.True(IndexOf(lines, secondPort) > 0);

        await terminal.SendAsync("Enter");
        await terminal.WaitForTextAsync("the last ");
        await terminal.SendAsync("Escape");
        await terminal.WaitForTextAsync("LOCAL");

        await terminal.ResizeAsync(200, 40);
        await terminal.WaitAsync(each => each.Any(line => line.Contains("RECV-Q", StringComparison.Ordinal)
            && line.Contains("CWND", StringComparison.Ordinal)) && each.Length >= 40);
        await terminal.ResizeAsync(80, 12);
        await terminal.WaitAsync(
            each => each.Length <= 13 && each.Any(line => line.Contains("q Quit", StringComparison.Ordinal)));

        await terminal.SendAsync("q");
        lines = await terminal.WaitForTextAsync("ended with 0");
        Assert.DoesNotContain(lines, line => line.Contains("LOCAL", StringComparison.Ordinal)); // The screen of before is back.
    }

    [Fact]
    public async Task Server_screen_closes_a_connection_with_a_reason()
    {
        Programs.SkipUnlessLinux("this terminal");
        await using var server = await ToolProcess.ListenAsync("--echo", "--admin", "127.0.0.1:0");
        var url = (await server.WaitForErrorAsync("admin page: ")).Split(": ", 2)[1];
        using var peer = await Peer.ConnectAsync(server.EndPoint);
        await using var terminal = await TmuxTerminal.StartAsync(
            80, 24, [.. ToolProcess.Command, "top", url, "--interval", "200ms"]);
        await terminal.WaitForTextAsync($"{peer.Socket.LocalEndPoint}");

        await terminal.SendAsync("F9");
        await terminal.WaitForTextAsync("Close c1, for the reason:");
        await terminal.SendTextAsync("by the test");
        await terminal.SendAsync("Enter");

        Assert.True(await peer.EndsWithResetAsync());
        await terminal.WaitForTextAsync("by the test");
        await terminal.SendAsync("3");
        await terminal.WaitForTextAsync("ENDED");
        await terminal.WaitForTextAsync("closed on the admin page");
        await terminal.SendAsync("F10");
        await terminal.WaitForTextAsync("ended with 0");
        Assert.Equal(0, await server.StopAsync());
    }

    private static int IndexOf(string[] lines, string text) =>
        Array.FindIndex(lines, line => line.Contains(text, StringComparison.Ordinal));
}
