using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ListenStopTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_drains_and_prints_a_summary(string signal)
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("before");
        Assert.Equal("before", await client.ReadAsync(6));

        await server.SignalAsync(signal);

        // The idle client is ended in order.
        Assert.False(await client.EndsWithResetAsync());
        client.SendFin();
        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains(server.SeenErrors, line =>
            line.StartsWith("stopped: 1 connection in ", StringComparison.Ordinal)
            && line.EndsWith("6 bytes in, 6 bytes out; 1 drained, 0 aborted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Data_that_arrived_before_the_stop_is_echoed()
    {
        const int Size = 50_000; // It fits the initial window of a connection, so all of it arrives.
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1)); // The client is accepted: clients that wait in the queue are reset.
        await client.SendAsync(new string('x', Size));

        await server.SignalAsync("TERM");
        var echo = await client.ReadToEndAsync();

        Assert.Equal(Size, echo.Length);
        client.SendFin();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Second_signal_ends_the_server_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The command is written for a shell of Unix.");
        // The handler writes to a client that does not read, so that the stop has to wait.
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "echo up; exec yes 2>/dev/null");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        Assert.Equal("up", await client.ReadLineAsync());

        await server.SignalAsync("INT");
        await RefusesAsync(server);
        // Within 200 ms of the first signal, it would count as the same.
        while (!server.HasExited)
            await Programs.RunAsync("bash", ["-c", $"kill -INT {server.Id}"], []);

        Assert.NotEqual(0, await server.ExitAsync());
        Assert.DoesNotContain(server.SeenErrors, line => line.StartsWith("stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_signals_at_once_drain()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its signals are sent by a shell of Unix.");
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-cli-twice-{Environment.ProcessId}.sock");
        await using var server = await ToolProcess.ListenOnAsync([$"unix:{path}"], "--echo");

        await Programs.RunAsync("bash", ["-c", $"kill -TERM {server.Id}; kill -TERM {server.Id}"], []);

        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains(server.SeenErrors, line => line.StartsWith("stopped: ", StringComparison.Ordinal));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Idle_server_uses_no_processor_time()
    {
        Programs.SkipUnlessLinux("/proc/PID/stat");
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1));
        // The runtime compiles in the background for a while after the start.
        var ticks = long.MaxValue;
        for (var attempt = 0; attempt < 5 && ticks > 0; attempt++)
        {
            var before = ProcessFiles.CpuTicks(server.Id);
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
            ticks = ProcessFiles.CpuTicks(server.Id) - before;
        }

        Assert.Equal(0, ticks);
    }

    /// <summary>The first sign of a stop: refused, or reset on the way. Two signals at once would count as one.</summary>
    private static async Task RefusesAsync(ToolProcess server)
    {
        while (true)
        {
            try
            {
                using var client = await Peer.ConnectAsync(server.EndPoint);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
