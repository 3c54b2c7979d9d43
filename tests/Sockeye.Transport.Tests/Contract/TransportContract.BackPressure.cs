using System.IO.Pipelines;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    private const long Offered = 256_000_000;
    private const int Chunk = 16 * 1024;

    /// <summary>Two pipes, the system's two smallest buffers and what is in between.</summary>
    private const long MaxInFlight = 1_000_000;

    /// <summary>A write that cannot end before the reader reads.</summary>
    private const int TooMuch = 4 * (int)MaxInFlight;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_reader_that_stops_makes_the_peers_writer_wait(bool clientFirst) => Run(SmallBuffers, async world =>
    {
        var (writer, reader) = await world.ConnectAsync(clientFirst);
        var stuck = await OfferUntilStuckAsync(world, writer);
        Assert.InRange(stuck.Accepted, Chunk, MaxInFlight);
        Assert.InRange(reader.BytesReceived, 0, 2 * SmallBuffers.MaxReadBufferSize!.Value);
        Assert.InRange(world.RentedBuffers() * 4096, 1, MaxInFlight);

        // It goes on where it stopped, with every byte.
        await reader.ReceiveAsync(Up, stuck.Accepted);
        Assert.False((await world.Soon(stuck.Flush)).IsCompleted);
        await writer.SendFinAsync();
        await reader.ReceiveFinAsync();
        await reader.DisposeAsync();
        await reader.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
        await writer.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
    });

    [Fact]
    public Task Both_ends_may_stop_reading_and_both_writers_wait() => Run(SmallBuffers, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var (one, other) = (await OfferUntilStuckAsync(world, client), await OfferUntilStuckAsync(world, server));
        await Task.WhenAll(server.ReceiveAsync(Up, one.Accepted), client.ReceiveAsync(Up, other.Accepted));
        await world.Soon(Task.WhenAll(one.Flush, other.Flush));
    });

    [Fact]
    public Task A_slow_reader_never_has_more_than_the_bound_in_flight() => Run(SmallBuffers, async world =>
    {
        const int Total = 8_000_000;
        var (client, server) = await world.ConnectAsync();
        long accepted = 0, consumed = 0, most = 0;
        async Task WriteAsync()
        {
            while (accepted < Total)
            {
                Up.Fill(client.Output.GetSpan(Chunk)[..Chunk], accepted);
                client.Output.Advance(Chunk);
                accepted += Chunk;
                await client.FlushAsync();
                most = Math.Max(most, accepted - Volatile.Read(ref consumed));
            }
        }

        var writing = WriteAsync();
        while (consumed < Total)
        {
            const int Sip = 1000;
            await server.ReceiveAsync(Up, Sip, from: consumed);
            Volatile.Write(ref consumed, consumed + Sip);
        }

        await writing;
        Assert.InRange(most, Chunk, MaxInFlight);
    });

    private static Task<FlushResult> OfferTooMuch(TestEnd writer, CancellationToken cancellationToken = default)
    {
        var flush = writer.Output.WriteAsync(Up.Take(TooMuch), cancellationToken).AsTask();
        Assert.False(flush.IsCompleted);
        return flush;
    }

    /// <summary>
    /// Writes the pattern until a flush waits, and goes on waiting while another connection of the same transport has had every
    /// chance to move. Fails if that does not come within <see cref="Offered"/> bytes.
    /// </summary>
    private static async Task<(long Accepted, Task<FlushResult> Flush)> OfferUntilStuckAsync(TransportWorld world, TestEnd writer)
    {
        var (client, server) = await world.ConnectAsync();
        for (long accepted = 0; accepted < Offered;)
        {
            Up.Fill(writer.Output.GetSpan(Chunk)[..Chunk], accepted);
            writer.Output.Advance(Chunk);
            accepted += Chunk;
            var flush = writer.Output.FlushAsync().AsTask();
            for (var round = 0; round < 50 && !flush.IsCompleted; round++)
            {
                await client.SendAsync(Up.Take(1));
                await server.SendAsync(await server.ReceiveAsync(1));
                await client.ReceiveAsync(1);
            }

            if (!flush.IsCompleted)
            {
                await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
                return (accepted, flush);
            }
        }

        Assert.Fail($"{Offered} bytes were accepted without a reader: there is no back-pressure.");
        return default;
    }
}
