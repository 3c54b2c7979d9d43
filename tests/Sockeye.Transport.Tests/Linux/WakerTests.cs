using Sockeye.Linux;
using Sockeye.Tests.Support;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>An engine thread that sleeps is woken for all work that is posted to it: one lost wake-up and a test stands
/// still.</summary>
public sealed class WakerTests
{
    /// <summary>Set it to 1000000 for a long hunt.</summary>
    private const string RoundsVariable = "SOCKEYE_TEST_WAKE_UPS";

    private static readonly int? Hunt =
        int.TryParse(Environment.GetEnvironmentVariable(RoundsVariable), out var rounds) ? rounds : null;

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Echoes_one_at_a_time_never_stand_still(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline, threads: 1).RunAsync(new(), async world =>
        {
            const int Connections = 3;
            var rounds = Rounds.Of(least: Hunt ?? 300, most: Hunt ?? 20_000);
            await world.Soon(Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
            {
                var (client, server) = await world.ConnectAsync();
                var echoing = EchoAsync(server);
                var message = new byte[8];
                for (var i = 0L; rounds.Next(); i++)
                {
                    BitConverter.TryWriteBytes(message, i);
                    // Off the engine thread, so that each flush is one that has to wake it.
                    await Task.Yield();
                    await client.Output.WriteAsync(message);
                    var read = await client.Input.ReadAtLeastAsync(message.Length);
                    Assert.Equal(i, BitConverter.ToInt64([.. read.Buffer.FirstSpan]));
                    client.Input.AdvanceTo(read.Buffer.End);
                }

                await client.SendFinAsync();
                await echoing;
            })));
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Writes_from_many_threads_to_many_connections_all_arrive(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), async world =>
        {
            const int Connections = 50;
            const int Messages = 300;
            const int Size = 700;
            var pattern = new Pattern(seed: 3);
            var pairs = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => world.ConnectAsync()));
            await world.Soon(Task.WhenAll(pairs.SelectMany(pair => new[]
            {
                pair.Server.ReceiveAsync(pattern, Messages * Size),
                Task.Run(() => pair.Client.SendAsync(pattern, Messages * Size, chunk: Size)),
                pair.Client.ReceiveAsync(pattern, Messages * Size),
                Task.Run(() => pair.Server.SendAsync(pattern, Messages * Size, chunk: Size)),
            })));
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task An_abort_from_any_thread_at_any_time_ends_both_ends(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), async world =>
        {
            const int Connections = 200;
            var random = new Random(4);
            var listener = await world.ListenAsync();
            for (var i = 0; i < Connections; i++)
            {
                var (client, server) = await world.ConnectAsync(listener);
                var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var victim = random.Next(2) == 0 ? client : server;
                var spins = random.Next(20_000);
                Task[] all =
                [
                    Task.Run(async () => { await gate.Task; await client.SendUntilGoneAsync(); }),
                    Task.Run(async () => { await gate.Task; await server.SendUntilGoneAsync(); }),
                    Task.Run(async () => { await gate.Task; await client.ReceiveToErrorAsync(); }),
                    Task.Run(async () => { await gate.Task; await server.ReceiveToErrorAsync(); }),
                    Task.Run(async () => { await gate.Task; Thread.SpinWait(spins); victim.Connection.Abort(); }),
                    Task.Run(async () => { await gate.Task; Thread.SpinWait(spins); victim.Connection.Abort(); }),
                ];
                gate.SetResult();
                await world.Soon(Task.WhenAll(all));
                await world.Soon(Task.WhenAll(client.Closed, server.Closed));
                await world.Soon(Task.WhenAll(client.DisposeAsync(), server.DisposeAsync()));
            }
        });

    private static async Task EchoAsync(TestEnd end)
    {
        while (true)
        {
            var read = await end.Input.ReadAsync();
            foreach (var segment in read.Buffer)
                await end.Output.WriteAsync(segment);
            end.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        await end.SendFinAsync();
    }
}
