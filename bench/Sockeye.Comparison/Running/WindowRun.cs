using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Load;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Running;

/// <summary>Puts load on one server for a while, and measures a part of that.</summary>
internal sealed class WindowRun(
    Scenario scenario, ServerMode mode, RunOptions options, IConnectionFactory factory, TimeProvider time)
{
    /// <summary>Thousands of handshakes with a slow server take their time; more than this is an error.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly LoadFactory _loads = new(factory, time);

    /// <summary>Compares one echo byte for byte, where the server echoes.</summary>
    public async Task CheckAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        if (mode is not (ServerMode.Echo or ServerMode.Codec))
            return;
        await using var connection = await factory.ConnectAsync(endpoint, cancellationToken);
        await Task.Yield();
        await EchoCheck.RunAsync(connection.Transport.Input, connection.Transport.Output, new(options.Seed))
            .WaitAsync(StopTimeout, time, cancellationToken);
        await Task.Yield();
    }

    public async Task WarmUpAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        await using var load = _loads.Create(scenario, mode, server.EndPoint, new(time));
        await load.StartAsync(cancellationToken).WaitAsync(StartTimeout, time, cancellationToken);
        await Task.Delay(options.WarmUp, time, cancellationToken);
        await load.StopAsync().WaitAsync(StopTimeout, time, cancellationToken);
    }

    public async Task<WindowSample> MeasureAsync(ServerProcess server, int round, CancellationToken cancellationToken)
    {
        var recorder = new LoadRecorder(time);
        await using var load = _loads.Create(scenario, mode, server.EndPoint, recorder);
        await load.StartAsync(cancellationToken).WaitAsync(StartTimeout, time, cancellationToken);
        await Task.Delay(options.Ramp, time, cancellationToken);

        var messagesBefore = recorder.Messages;
        var allocatedBefore = await server.AllocatedAsync(cancellationToken);
        load.Observe();
        recorder.Open();
        var before = Marks.Take(server, recorder, options, time);
        await Task.Delay(options.Window, time, cancellationToken);
        var after = Marks.Take(server, recorder, options, time);
        recorder.IsOpen = false;
        load.Observe();
        var stall = recorder.LongestWaitMs;
        var allocatedAfter = await server.AllocatedAsync(cancellationToken);
        var messagesAfter = recorder.Messages;

        await load.StopAsync().WaitAsync(StopTimeout, time, cancellationToken);
        return new()
        {
            Round = round,
            Seconds = time.GetElapsedTime(before.Timestamp, after.Timestamp).TotalSeconds,
            Messages = after.Messages - before.Messages,
            ServerCpuSeconds = (after.ServerCpu - before.ServerCpu).TotalSeconds,
            LoadCpuSeconds = (after.LoadCpu - before.LoadCpu).TotalSeconds,
            AllCpuSeconds = (after.AllCpu - before.AllCpu).TotalSeconds,
            P50 = recorder.Percentile(50),
            P99 = recorder.Percentile(99),
            P999 = recorder.Percentile(99.9),
            AllocatedBytes = allocatedAfter - allocatedBefore,
            MessagesOfAllocation = messagesAfter - messagesBefore,
            LongestStallMs = stall,
        };
    }

    /// <summary>All counters at one time.</summary>
    private readonly record struct Marks(
        long Timestamp, long Messages, TimeSpan ServerCpu, TimeSpan LoadCpu, TimeSpan AllCpu)
    {
        public static Marks Take(ServerProcess server, LoadRecorder recorder, RunOptions options, TimeProvider time)
        {
            // First what takes a while to read and need not be so exact.
            var all = ProcessorUse.Read(options.ServerProcessor, options.LoadProcessor);
            return new(
                time.GetTimestamp(), recorder.Messages, server.ProcessorTime(), CpuClock.Read(Environment.ProcessId), all);
        }
    }
}
