using System.Text;
using Sockeye.Simulation.Tests.Network;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests;

/// <summary>A message connection that is disposed releases what was being read, in every state.</summary>
public sealed class MessageMemoryTests
{
    [Fact]
    public void Disposing_under_a_reader_that_waits_gives_all_memory_back() =>
        Leaves(Codec.Lines(maxLength: 100), async (messages, network) =>
        {
            var reading = ReadAsync(messages, () => Task.CompletedTask);
            await network.Pause(TimeSpan.FromSeconds(1));
            await messages.DisposeAsync();
            await reading;
        });

    [Fact]
    public void Disposing_under_a_reader_at_work_gives_all_memory_back() =>
        Leaves(Codec.Lines(maxLength: 100), async (messages, network) =>
        {
            var reading = ReadAsync(messages, () => network.Pause(TimeSpan.FromMinutes(1)));
            await network.Pause(TimeSpan.FromSeconds(1));
            await messages.DisposeAsync();
            await reading;
        });

    [Fact]
    public void Disposing_behind_a_borrowed_message_gives_all_memory_back() =>
        Leaves(Codec.LengthPrefixed(maxLength: 100, new() { LengthSize = 1 }).WithoutCopying(), async (messages, _) =>
        {
            await foreach (var message in messages.ReadAllAsync())
                break;
            await messages.DisposeAsync();
        });

    [Fact]
    public void Disposing_while_a_borrowed_message_is_used_gives_all_memory_back() =>
        Leaves(Codec.LengthPrefixed(maxLength: 100, new() { LengthSize = 1 }).WithoutCopying(), async (messages, _) =>
        {
            await foreach (var message in messages.ReadAllAsync())
                await messages.DisposeAsync();
        });

    private static async Task ReadAsync<T>(MessageConnection<T> messages, Func<Task> work)
    {
        await foreach (var _ in messages.ReadAllAsync())
            await work();
    }

    private static void Leaves<T>(Codec<T> codec, Func<MessageConnection<T>, SimulatedNetwork, Task> use) =>
        SimulatedNetwork.Run(1, async network =>
        {
            var options = new SocketTransportOptions { Pool = new(), Segments = new() };
            var (near, far) = await Runs.PairAsync(network.AddHost("near", options), network.AddHost("far"));
            // One message and the beginning of another, in either codec: a newline is a length of ten.
            await far.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes("\n123456789\n\n12"));
            await network.Pause(TimeSpan.FromSeconds(1));
            Assert.NotEqual(0, options.RentedBuffers);
            await use(near.AsMessages(codec), network);
            await far.DisposeAsync();
            await network.Pause(TimeSpan.FromMinutes(2));
            Assert.Equal(0, options.RentedBuffers);
        });
}
