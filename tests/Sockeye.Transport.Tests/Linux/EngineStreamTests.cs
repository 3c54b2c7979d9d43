using CsCheck;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Streams in pieces of any size, on very many connections, while the garbage collector moves what it may.</summary>
public sealed class EngineStreamTests
{
    private static readonly Pattern Up = new(seed: 5);
    private static readonly Pattern Down = new(seed: 6);

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Any_split_of_the_writes_and_the_reads_keeps_every_byte(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), world =>
            Gen.Select(Gen.Int[1, 300_000], Gen.Int[1, 70_000], Gen.Int[1, 70_000]).SampleAsync(async (length, chunk, sip) =>
            {
                var (client, server) = await world.ConnectAsync();
                chunk = Math.Max(chunk, length / 200);
                sip = Math.Max(sip, length / 200);
                var sending = client.SendAsync(Up, length, chunk);
                for (var taken = 0; taken < length; taken += sip)
                    await server.ReceiveAsync(Up, Math.Min(sip, length - taken), from: taken);
                await sending;
                await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
            }, iter: 40, threads: 1));

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Many_connections_slow_and_fast_cross_nothing_and_none_stands_still(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new() { Backlog = 4096 }, async world =>
        {
            const int Connections = 1000;
            const int Length = 40_000;
            var listener = await world.ListenAsync();
            var pairs = new List<(TestEnd Client, TestEnd Server)>();
            for (var i = 0; i < Connections; i++)
                pairs.Add(await world.ConnectAsync(listener));
            await world.Soon(Task.WhenAll(pairs.Select((pair, number) => Task.Run(async () =>
            {
                var pattern = new Pattern(number);
                var sending = pair.Client.SendAsync(pattern, Length, chunk: 9000);
                // Every other one is slow for its first half, then fast.
                if (number % 2 == 0)
                {
                    for (var taken = 0; taken < Length / 2; taken += 500)
                    {
                        await pair.Server.ReceiveAsync(pattern, 500, from: taken);
                        await Task.Yield();
                    }

                    await pair.Server.ReceiveAsync(pattern, Length / 2, from: Length / 2);
                }
                else
                {
                    await pair.Server.ReceiveAsync(pattern, Length);
                }

                await sending;
            }))));
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Collections_at_any_time_change_nothing(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), async world =>
        {
            const int Connections = 4;
            const int Length = 400_000;
            const int BytesACollection = 40_000;
            var pairs = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => world.ConnectAsync()));
            long CountBytes() => pairs.Sum(pair => pair.Client.BytesReceived + pair.Server.BytesReceived);
            var isOver = false;
            var collecting = Task.Run(() =>
            {
                // Not back to back: then nothing else would ever run.
                for (var due = 0L; !Volatile.Read(ref isOver); Thread.Yield())
                {
                    if (CountBytes() < due)
                        continue;
                    GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
                    due += BytesACollection;
                }
            });
            try
            {
                await world.Soon(Task.WhenAll(pairs.SelectMany(pair => new[]
                {
                    pair.Client.SendAsync(Up, Length, chunk: 3000), pair.Server.ReceiveAsync(Up, Length),
                    pair.Server.SendAsync(Down, Length, chunk: 30_000), pair.Client.ReceiveAsync(Down, Length),
                })));
            }
            finally
            {
                Volatile.Write(ref isOver, true);
                await collecting;
            }
        });
}
