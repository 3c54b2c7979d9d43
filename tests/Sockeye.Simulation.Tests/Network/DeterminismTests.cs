using System.Diagnostics;
using System.Net;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>One seed is one run: here, again, and in another process.</summary>
public sealed class DeterminismTests
{
    private const string TraceFile = "SOCKEYE_SIMULATION_TRACE_FILE";
    private const int Seed = 11;

    private static readonly SimulationLimits KeepAll = new() { MaxTraceEvents = int.MaxValue };

    [Fact]
    public void One_seed_twice_gives_byte_identical_traces()
    {
        Assert.Equal(TraceOf(Seed, ChatSystem.RunAsync), TraceOf(Seed, ChatSystem.RunAsync));
        Assert.Equal(TraceOf(Seed, OrderSystem.RunAsync), TraceOf(Seed, OrderSystem.RunAsync));
    }

    [Fact]
    public void Different_seeds_give_different_traces() =>
        Assert.NotEqual(TraceOf(Seed, ChatSystem.RunAsync), TraceOf(Seed + 1, ChatSystem.RunAsync));

    [Fact]
    public void Many_connections_end_in_the_same_order_in_every_run()
    {
        Assert.Equal(TraceOf(Seed, EndManyAsync), TraceOf(Seed, EndManyAsync));
    }

    /// <summary>This method is its own child: there it only writes the trace, to the given file.</summary>
    [Fact]
    public async Task One_seed_gives_a_byte_identical_trace_in_another_process()
    {
        var trace = TraceOf(Seed, ChatSystem.RunAsync) + TraceOf(Seed, OrderSystem.RunAsync) + TraceOf(Seed, EndManyAsync);
        if (Environment.GetEnvironmentVariable(TraceFile) is { } wanted)
        {
            await File.WriteAllTextAsync(wanted, trace, TestContext.Current.CancellationToken);
            return;
        }

        var file = Path.GetTempFileName();
        try
        {
            await RunInAnotherProcessAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal(trace, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task RunInAnotherProcessAsync(string file, CancellationToken cancellationToken)
    {
        var method = $"{typeof(DeterminismTests).FullName}.{nameof(One_seed_gives_a_byte_identical_trace_in_another_process)}";
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { typeof(DeterminismTests).Assembly.Location, "-method", method },
            Environment = { [TraceFile] = file },
            RedirectStandardOutput = true,
        };
        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync(cancellationToken);
        await child.WaitForExitAsync(cancellationToken);
        Assert.True(child.ExitCode == 0, output);
    }

    private static string TraceOf(int seed, Func<SimulatedNetwork, Task> test)
    {
        var trace = "";
        SimulatedNetwork.Run(seed, KeepAll, async network =>
        {
            await test(network);
            trace = network.FormatTrace();
        });
        Assert.True(trace.Length > 1000, "The run did next to nothing.");
        return trace;
    }

    /// <summary>Half of them are closed for being idle, at one moment, and half by a stop.</summary>
    private static async Task EndManyAsync(SimulatedNetwork network)
    {
        var (host, guest) = (network.AddHost("host"), network.AddHost("guest"));
        var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = host;
            options.TimeProvider = network.TimeProvider;
            options.ShutdownTimeout = TimeSpan.FromSeconds(1);
            options.Listen(new IPEndPoint(IPAddress.Any, 7))
                .UseIdleTimeout(TimeSpan.FromMinutes(1))
                .Run(connection => connection.DrainAsync());
        });
        for (var half = 0; half < 2; half++)
        {
            for (var i = 0; i < 50; i++)
                await guest.ConnectAsync(new IPEndPoint(host.Address, 7));
            if (half == 0)
                await network.Pause(TimeSpan.FromMinutes(2));
        }

        await server.DisposeAsync();
    }
}
