using System.Diagnostics;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ListenChatTests
{
    [Fact]
    public async Task Line_of_a_client_goes_to_all_others_with_its_address()
    {
        await using var server = await ToolProcess.ListenAsync("--chat");
        using var ann = await JoinedAsync(server);
        using var bob = await JoinedAsync(server, ann);
        using var cid = await JoinedAsync(server, ann, bob);

        await bob.SendAsync("hello\n");
        await HearAsync(ann, bob, "hello");
        await HearAsync(cid, bob, "hello");

        // Not to bob: the next line that he gets is that of another client.
        await ann.SendAsync("hi\n");
        Assert.DoesNotContain(await HearAsync(bob, ann, "hi"), line => line.EndsWith("hello", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nc", "127.0.0.1 {0}")]
    [InlineData("ncat", "127.0.0.1 {0}")]
    [InlineData("socat", "- TCP:127.0.0.1:{0}")]
    public async Task Program_exchanges_lines_with_a_plain_socket(string program, string arguments)
    {
        Programs.SkipUnlessThere(program);
        await using var server = await ToolProcess.ListenAsync("--chat");
        using var ann = await JoinedAsync(server);
        using var bob = await JoinedAsync(server, ann);
        using var process = Process.Start(new ProcessStartInfo(program, string.Format(null, arguments, server.Port))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            await process.StandardInput.WriteAsync("from the program\n");
            await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            string line;
            do
                line = await ann.ReadLineAsync();
            while (!line.EndsWith(": from the program", StringComparison.Ordinal));

            await ann.SendAsync("to the program\n");

            var heard = process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();
            Assert.Equal(
                $"{ann.Socket.LocalEndPoint}: to the program",
                await heard.WaitAsync(ToolProcess.DefaultTimeout, TestContext.Current.CancellationToken));
        }
        finally
        {
            process.Kill();
        }
    }

    [Theory]
    [InlineData("a line over the limit", "more than 4096 bytes came without a line end")]
    [InlineData("garbage", "utf-8")]
    public async Task Bad_line_ends_its_connection_with_a_reason_and_no_other(string kind, string reason)
    {
        await using var server = await ToolProcess.ListenAsync("--chat", "--verbose");
        using var ann = await JoinedAsync(server);
        using var bob = await JoinedAsync(server, ann);
        using var bad = await JoinedAsync(server, ann, bob);
        var from = $"{bad.Socket.LocalEndPoint}";

        byte[] bytes = kind == "garbage" ? [0xFF, 0xFE, (byte)'\n'] : new byte[5000];
        await bad.Socket.SendAsync(bytes, TestContext.Current.CancellationToken);

        Assert.Contains(reason, await server.WaitForErrorAsync($"{from} -> "), StringComparison.Ordinal);
        await ann.SendAsync("still\n");
        await HearAsync(bob, ann, "still");
    }

    /// <summary>Connects a new member, and waits until it gets the lines of the earlier members.</summary>
    private static async Task<Peer> JoinedAsync(ToolProcess server, params Peer[] others)
    {
        var member = await Peer.ConnectAsync(server.EndPoint);
        foreach (var other in others)
        {
            // No signal reports that the other client has joined, so this line is sent until it arrives.
            var heard = HearAsync(other, member, "here");
            while (!heard.IsCompleted)
            {
                await member.SendAsync("here\n");
                await Task.WhenAny(heard, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));
            }

            await heard;
            await other.SendAsync("seen\n");
            await HearAsync(member, other, "seen");
            await member.SendAsync("done\n");
            await HearAsync(other, member, "done");
        }

        return member;
    }

    /// <summary>Reads lines up to this line of this member, and returns all of them.</summary>
    private static async Task<IReadOnlyList<string>> HearAsync(Peer listener, Peer speaker, string text)
    {
        var expected = $"{speaker.Socket.LocalEndPoint}: {text}";
        List<string> lines = [];
        do
            lines.Add(await listener.ReadLineAsync());
        while (lines[^1] != expected);
        return lines;
    }
}
