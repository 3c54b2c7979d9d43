using System.Text;
using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>Standard streams of every kind: closed, full, of the wrong direction, non-blocking, slow, without a reader.</summary>
public sealed partial class StandardStreamTests
{
    private const int Size = 2_000_000;

    // Makes a descriptor of the tool non-blocking, as a shell or a program at the other end of the pipe may have done.
    private static string NotBlocking(int descriptor) =>
        $"exec python3 -c 'import os, sys; os.set_blocking({descriptor}, False); os.execvp(sys.argv[1], sys.argv[1:])' "
            + "\"$0\" \"$@\"";

    public StandardStreamTests()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("The redirections are written for a POSIX shell.");
    }

    public static MatrixTheoryData<string, string> Unwritable { get; } = new(
        [">/dev/full", ">&-", "1</dev/null", "<&- >&-"],
        ["--version", "listen --help", "doctor", "doctor --json", "demo --messages 1", "demo --messages 1 --json"]);

    [Theory]
    [MemberData(nameof(Unwritable))]
    public async Task Output_that_cannot_be_written_is_one_sentence_and_exit_1(string redirection, string arguments)
    {
        SkipUnlessThere(redirection);
        await using var tool = Under(redirection, arguments.Split(' '));

        Assert.Equal(1, await tool.ExitAsync());
        Assert.StartsWith(
            "sockeye: cannot write standard output: ", Assert.Single(tool.SeenErrors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(">&-", "it is closed")]
    [InlineData("1</dev/null", "it is open for reading only")]
    [InlineData(">/dev/full", "No space left on device")]
    public async Task Received_data_that_cannot_be_written_resets_the_peer_and_is_reported(string redirection, string why)
    {
        SkipUnlessThere(redirection);
        using var server = new TestServer();
        await using var client = Under(redirection, "connect", server.EndPoint);
        await using var listening = await ToolProcess.ReadyAsync(Under(redirection, "listen", "127.0.0.1:0", "--once"));

        using var connected = await server.AcceptAsync();
        using var connecting = await Peer.ConnectAsync(listening.EndPoint);
        foreach (var (peer, tool) in new[] { (connected, client), (connecting, listening) })
        {
            await peer.SendAsync("hello");
            Assert.True(await peer.EndsWithResetAsync());
            Assert.Equal(1, await tool.ExitAsync());
            Assert.Equal($"sockeye: cannot write standard output: {why}.", tool.SeenErrors[^1]);
        }
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/null <&- 2>&-")]
    [InlineData("2</dev/null")]
    public async Task Unwritable_standard_error_changes_nothing_else(string redirection)
    {
        using var server = new TestServer();
        await using var client = Under(redirection, "connect", server.EndPoint);
        using (var peer = await server.AcceptAsync())
        {
            await peer.SendAsync("hello");
            peer.SendFin();
            Assert.Equal("hello", Encoding.UTF8.GetString(await client.ReadOutputAsync()));
        }

        Assert.Equal(0, await client.ExitAsync());
        await using var refused = Under(redirection, "connect", "127.0.0.1:0");
        Assert.Equal(2, await refused.ExitAsync());
        await using var demo = Under(redirection, "demo", "--messages", "1");
        Assert.Contains("1 : 1", Encoding.UTF8.GetString(await demo.ReadOutputAsync()), StringComparison.Ordinal);
        Assert.Equal(0, await demo.ExitAsync());
    }

    [Fact]
    public async Task Closed_input_is_empty_input()
    {
        await using var server = await ToolProcess.ReadyAsync(Under("<&-", "listen", "127.0.0.1:0", "--once"));
        await using var client = Under("<&-", "connect", server.EndPoints[0]);

        Assert.Equal((0, 0), (await client.ExitAsync(), await server.ExitAsync()));
    }

    [Theory]
    [InlineData("</", "Is a directory")]
    [InlineData("0>/dev/null", "it is open for writing only")]
    public async Task Input_that_cannot_be_read_resets_the_peer_and_is_reported(string redirection, string why)
    {
        using var server = new TestServer();
        await using var client = Under(redirection, "connect", server.EndPoint);
        using var peer = await server.AcceptAsync();

        Assert.True(await peer.EndsWithResetAsync());
        Assert.Equal(1, await client.ExitAsync());
        Assert.Equal($"sockeye: cannot read standard input: {why}.", Assert.Single(client.SeenErrors));
    }

    [Fact]
    public async Task Non_blocking_input_is_waited_for()
    {
        Programs.SkipUnlessThere("python3");
        using var server = new TestServer();
        await using var client = ToolProcess.StartUnder(NotBlocking(0), "connect", server.EndPoint);
        using var peer = await server.AcceptAsync();

        // The first byte of the answer shows that the tool waits for both directions.
        await peer.SendAsync("x");
        Assert.Equal('x', client.Output.ReadByte());
        await client.WriteInputAsync("late"u8.ToArray());

        Assert.Equal("late", await peer.ReadToEndAsync());
        peer.SendFin();
        Assert.Equal(0, await client.ExitAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Non_blocking_output_is_written_completely_with_a_slow_reader(bool listens)
    {
        Programs.SkipUnlessThere("python3");
        var shell = NotBlocking(1);
        using var server = new TestServer();
        await using var tool = listens
            ? await ToolProcess.ReadyAsync(ToolProcess.StartUnder(shell, "listen", "127.0.0.1:0", "--once"))
            : ToolProcess.StartUnder(shell, "connect", server.EndPoint);
        using var peer = listens ? await Peer.ConnectAsync(tool.EndPoint) : await server.AcceptAsync();
        var bytes = new byte[Size];
        new Random(6).NextBytes(bytes);

        // The tool is faster than its reader, which reads byte by byte, so the pipe fills.
        var sending = peer.Socket.SendAsync(bytes);
        var got = new byte[bytes.Length];
        for (var i = 0; i < 100_000; i++)
            got[i] = (byte)tool.Output.ReadByte();
        var reading = tool.ReadOutputAsync();
        await sending.WaitAsync(ToolProcess.DefaultTimeout, TestContext.Current.CancellationToken);
        peer.SendFin();

        (await reading).CopyTo(got, 100_000);
        Assert.True(bytes.AsSpan().SequenceEqual(got));
        Assert.Equal(0, await tool.ExitAsync());
    }

    [Fact]
    public async Task Demo_ends_when_its_reader_has_ended()
    {
        await using var demo = ToolProcess.StartUnder(
            "\"$0\" \"$@\" | head -1; exit ${PIPESTATUS[0]}", "demo", "--clients", "10", "--messages", "10000000");

        Assert.Equal(0, await demo.ExitAsync());
        Assert.Empty(demo.SeenErrors);
    }

    [Fact]
    public async Task Unsent_input_is_reported_when_the_reader_has_ended()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        // A file, which has more at any time. Its echo does not fit into the pipe, so it is not sent to its end before.
        await using var file = new FileStream(
            Path.GetTempFileName(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0,
            FileOptions.DeleteOnClose);
        file.Write("y\n"u8);
        file.SetLength(1L << 30);
        await using var client = ToolProcess.StartUnder(
            $"\"$0\" \"$@\" < '{file.Name}' | head -1; exit ${{PIPESTATUS[0]}}", "connect", server.EndPoints[0]);

        Assert.Equal("y\n", Encoding.UTF8.GetString(await client.ReadOutputAsync()));
        Assert.Equal(1, await client.ExitAsync());
        Assert.Equal(["sockeye: standard input was not sent to its end."], client.SeenErrors);
    }

    [Fact]
    public async Task Stop_does_not_wait_for_a_reader_that_reads_nothing_and_reports_the_rest()
    {
        // A pipe holds 64 KiB. The tool may have written its first read, and holds 64 KiB of what follows.
        const int MoreThanAPipeHolds = 66_000;
        await using var server = await ToolProcess.ListenAsync("--trace");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        var sending = client.Socket.SendAsync(new byte[4_000_000]);
        for (var received = 0; received < MoreThanAPipeHolds;)
            received += int.Parse(Received().Match(await server.WaitForErrorAsync("  recv ")).Groups[1].Value, null);

        Assert.Equal(1, await server.StopAsync());

        Assert.Contains(server.SeenErrors, line =>
            line.EndsWith("of received data did not reach standard output: its reader reads nothing.", StringComparison.Ordinal));
        // The systems of both ends may have accepted all of it.
        await ((Task)sending).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private static void SkipUnlessThere(string redirection)
    {
        if (redirection == ">/dev/full")
            Programs.SkipUnlessLinux("/dev/full");
    }

    private static ToolProcess Under(string redirection, params string[] arguments) =>
        ToolProcess.StartUnder($"exec \"$0\" \"$@\" {redirection}", arguments);

    [GeneratedRegex(" ([0-9]+) bytes? ")]
    private static partial Regex Received();
}
