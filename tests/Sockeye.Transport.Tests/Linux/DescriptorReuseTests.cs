using System.Buffers;
using Sockeye.Linux;
using Sockeye.Tests.Support;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Connections come and go, and their descriptors' numbers come again. Counts what the process has, so nothing else may
/// run.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class DescriptorReuseTests
{
    /// <summary>Set it to 100000 for the long run.</summary>
    private const string CyclesVariable = "SOCKEYE_TEST_CYCLES";

    private static readonly int? Hunt =
        int.TryParse(Environment.GetEnvironmentVariable(CyclesVariable), out var cycles) ? cycles : null;

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task No_byte_reaches_the_connection_that_has_the_number_next(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), async (world, transport) =>
        {
            const int Lanes = 8;
            var rounds = Rounds.Of(least: Lanes, most: Lanes * 150);
            var listener = await world.ListenAsync();
            async Task ServeAsync()
            {
                while (await listener.AcceptAsync() is { } connection)
                    _ = Task.Run(() => AnswerAsync(connection));
            }

            var serving = Task.Run(ServeAsync);
            await world.Soon(Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
            {
                var random = new Random(lane);
                for (var round = 0; rounds.Next(); round++)
                {
                    var connection = await transport.ConnectAsync(listener.EndPoint);
                    var mark = (byte)((lane * 150) + round);
                    var bytes = new byte[random.Next(1, 100_000)];
                    bytes.AsSpan().Fill(mark);
                    // Some read all, some leave in the middle, with data in flight both ways.
                    var writing = connection.Transport.Output.WriteAsync(bytes).AsTask();
                    var enough = random.Next(2) == 0 ? bytes.Length : random.Next(bytes.Length);
                    for (var seen = 0; seen < enough;)
                    {
                        var read = await connection.Transport.Input.ReadAsync();
                        foreach (var segment in read.Buffer)
                            Assert.Equal(-1, segment.Span.IndexOfAnyExcept(mark));
                        seen += (int)read.Buffer.Length;
                        Assert.False(read.IsCompleted && seen < enough);
                        connection.Transport.Input.AdvanceTo(read.Buffer.End);
                    }

                    connection.Abort();
                    await writing;
                    await connection.DisposeAsync();
                }
            }))));
            await listener.DisposeAsync();
            await world.Soon(serving);
            await world.BecomesTrueAsync(() => transport.RentedBlockCount == 0);
        });

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Many_cycles_leave_no_descriptor_and_no_memory(LinuxEngine engine, bool inline) =>
        new LinuxFixture(engine, inline).RunAsync(new(), async (world, transport) =>
        {
            const long MaxGrowth = 4_000_000;
            var listener = await world.ListenAsync();
            await CycleAsync(Rounds.Of(least: Hunt ?? 300, most: Hunt ?? 3000));
            var (descriptors, memory) = (ThisProcess.Descriptors, GC.GetTotalMemory(forceFullCollection: true));
            await CycleAsync(Rounds.Of(least: Hunt ?? 300, most: Hunt ?? 10_000));
            await world.BecomesTrueAsync(() => ThisProcess.Descriptors <= descriptors);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, MaxGrowth);

            async Task CycleAsync(Rounds rounds)
            {
                while (rounds.Next())
                {
                    var accepting = listener.AcceptAsync().AsTask();
                    await using var client = await transport.ConnectAsync(listener.EndPoint);
                    await using var server = await accepting;
                    await client.Transport.Output.CompleteAsync();
                    await server!.Transport.Output.CompleteAsync();
                }
            }
        });

    private static async Task AnswerAsync(Microsoft.AspNetCore.Connections.ConnectionContext connection)
    {
        await using (connection)
        {
            try
            {
                while (true)
                {
                    var read = await connection.Transport.Input.ReadAsync();
                    foreach (var segment in read.Buffer)
                        connection.Transport.Output.Write(segment.Span);
                    connection.Transport.Input.AdvanceTo(read.Buffer.End);
                    if ((await connection.Transport.Output.FlushAsync()).IsCompleted || read.IsCompleted)
                        return;
                }
            }
            catch (Microsoft.AspNetCore.Connections.ConnectionResetException)
            {
                connection.Abort(); // The client left in the middle, which is what it is there for.
            }
        }
    }
}
