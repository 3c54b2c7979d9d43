using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class EngineTests
{
    [Theory]
    [InlineData("epoll")]
    [InlineData("epoll", "--inline")]
    [InlineData("sockets")]
    [InlineData("sockets", "--inline")]
    public async Task Selected_engine_serves_and_is_named(string engine, params string[] options)
    {
        Programs.SkipUnlessLinux(engine);
        await using var server = await ToolProcess.ListenAsync(["--echo", "--engine", engine, .. options]);

        Assert.Equal($"engine: {engine} (requested by the options)", server.Engine);
        await AssertServesAsync(server);
    }

    [Fact]
    public async Task Io_uring_serves_if_the_system_allows_it_and_fails_with_the_reason_otherwise()
    {
        Programs.SkipUnlessLinux("io_uring");
        var isAllowed = (await ToolProcess.RunAsync(["doctor", "--json"])).Text
            .Contains("\"value\": \"allowed\"", StringComparison.Ordinal);
        if (!isAllowed)
        {
            await AssertRefusedAsync(ToolProcess.Start("listen", "127.0.0.1:0", "--engine", "io_uring"));
            return;
        }

        await using var server = await ToolProcess.ListenAsync("--echo", "--engine", "io_uring", "--inline");
        Assert.Equal("engine: io_uring (requested by the options)", server.Engine);
        await AssertServesAsync(server);
    }

    [Fact]
    public async Task Engine_that_cannot_run_is_exit_1_with_the_reason()
    {
        SkipUnlessIoUringCanBeRefused();
        await AssertRefusedAsync(ToolProcess.StartUnder(
            TestEnvironment.WithoutIoUring, "listen", "127.0.0.1:0", "--engine", "io_uring"));
        await AssertRefusedAsync(ToolProcess.StartUnder(
            TestEnvironment.WithoutIoUring, "connect", "127.0.0.1:1", "--engine", "io_uring"));
    }

    [Fact]
    public async Task Epoll_serves_if_io_uring_is_refused_and_the_start_reports_why()
    {
        SkipUnlessIoUringCanBeRefused();
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder(TestEnvironment.WithoutIoUring, "listen", "127.0.0.1:0", "--echo"));

        Assert.StartsWith("engine: epoll (", server.Engine, StringComparison.Ordinal);
        Assert.NotEqual("engine: epoll (requested by the options)", server.Engine);
        await AssertServesAsync(server);
    }

    [Fact]
    public async Task Environment_selects_the_engine_without_an_option()
    {
        Programs.SkipUnlessLinux("epoll");
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder(TestEnvironment.WithVariable("epoll"), "listen", "127.0.0.1:0", "--echo"));

        Assert.Equal("engine: epoll (requested by SOCKEYE_ENGINE=epoll)", server.Engine);
        await AssertServesAsync(server);
    }

    [Theory]
    [InlineData("listen", "127.0.0.1:0")]
    [InlineData("connect", "127.0.0.1:1")]
    public async Task Environment_without_a_valid_engine_is_exit_2_with_the_remedies(string command, string endpoint)
    {
        Programs.SkipUnlessLinux("epoll");
        await using var tool = ToolProcess.StartUnder(
            TestEnvironment.WithVariable("iouring"), command, endpoint, "--engine", "auto");

        Assert.Equal(2, await tool.ExitAsync());
        Assert.Equal(
            "sockeye: the environment variable SOCKEYE_ENGINE is \"iouring\", which is not an engine: " +
            "set it to auto, io_uring, epoll or sockets, or unset it.",
            Assert.Single(tool.SeenErrors));
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task Client_uses_the_selected_engine(string engine)
    {
        Programs.SkipUnlessLinux("epoll");
        await using var server = await ToolProcess.ListenAsync("--echo");

        var client = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--engine", engine], "hello"u8.ToArray());

        Assert.Equal((0, "hello"), (client.ExitCode, client.Text));
    }

    [Fact]
    public async Task Trace_has_every_function_on_an_engine()
    {
        Programs.SkipUnlessLinux("epoll");
        await using var server = await ToolProcess.ListenAsync("--echo", "--trace", "--engine", "epoll");
        await AssertServesAsync(server);
        await server.StopAsync();

        foreach (var function in (string[])["socket", "bind", "listen", "accept", "recv", "send", "shutdown", "close"])
            Assert.Contains(server.SeenErrors, line => line.Contains($"  {function} ", StringComparison.Ordinal));
    }

    private static async Task AssertServesAsync(ToolProcess server)
    {
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("hello");
        client.SendFin();
        Assert.Equal("hello", await client.ReadToEndAsync());
    }

    private static async Task AssertRefusedAsync(ToolProcess started)
    {
        await using var tool = started;
        Assert.Equal(1, await tool.ExitAsync());
        Assert.StartsWith(
            "sockeye: io_uring (requested by the options) cannot run here: ", Assert.Single(tool.SeenErrors),
            StringComparison.Ordinal);
    }

    private static void SkipUnlessIoUringCanBeRefused()
    {
        Programs.SkipUnlessLinux("io_uring");
        if (Environment.IsPrivilegedProcess)
            Programs.SkipUnlessThere("setpriv");
    }
}
