using System.Buffers;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>Messages on connections of a pool: what they leave behind for the next caller.</summary>
public sealed class PooledMessagesTests
{
    private const int Seed = 3303;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Connection_is_rented_again_after_messages_on_it_were_disposed(bool usesTls) => Simulated.Run(Seed, async world =>
    {
        using var certificate = TlsCertificates.CreateSelfSigned("server");
        await using var server = await world.StartWith(
            listen => (usesTls ? listen.UseTls(certificate) : listen).Run(Lines, Echo));
        await using var pool = new ConnectionPool(
            world.NewClient(options =>
            {
                if (usesTls)
                    options.UseTls(tls => tls.PinnedFingerprint = TlsCertificates.Fingerprint(certificate));
            }),
            "server", 7000);
        var ids = new HashSet<string>();

        for (var i = 0; i < 5; i++)
        {
            await using var lent = await pool.RentAsync();
            await using var messages = lent.Connection.AsMessages(Lines);
            await messages.WriteAsync($"question {i}");
            Assert.Equal($"question {i}", await ReadLineAsync(messages));
            ids.Add(lent.Connection.ConnectionId);
        }

        Assert.Single(ids);
        Assert.Equal((1, 1, 1), (pool.IdleCount, pool.Count, server.ConnectionCount));
    });

    [Fact]
    public void Two_codecs_borrowed_messages_and_groups_leave_it_reusable_too() => Simulated.Run(Seed, async world =>
    {
        var frames = Codec.LengthPrefixed(64);
        await using var server = await world.StartWith(listen => listen.Run(frames, async peer =>
        {
            await foreach (var frame in peer.ReadAllAsync())
                await peer.WriteAsync(frame);
        }));
        await using var pool = new ConnectionPool(world.NewClient(), "server", 7000);
        var group = new MessageGroup<ReadOnlyMemory<byte>>();

        for (var i = 0; i < 3; i++)
        {
            await using var lent = await pool.RentAsync();
            await using var messages = lent.Connection.AsMessages(frames.WithoutCopying(), frames);
            group.Join(messages);
            group.Broadcast(new byte[] { 1, 2, 3 });
            await foreach (var borrowed in messages.ReadAllAsync())
            {
                Assert.Equal([1, 2, 3], borrowed.ToArray());
                break;
            }
        }

        Assert.Equal((1, 1, 0), (pool.IdleCount, pool.Count, group.Count));
    });

    [Theory]
    [InlineData("unread message")]
    [InlineData("half a message")]
    [InlineData("discarded")]
    public void Connection_that_is_not_between_two_exchanges_is_closed(string state) => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("one\n" + (state is "unread message" ? "two\n" : state is "half a message" ? "tw" : ""));
            await connection.ReadToEndAsync();
        });
        await using var pool = new ConnectionPool(world.NewClient(), "server", 7000);

        await using (var lent = await pool.RentAsync())
        {
            await using var messages = lent.Connection.AsMessages(Lines);
            await world.Pass(TimeSpan.FromSeconds(1));
            Assert.Equal("one", await ReadLineAsync(messages));
            if (state is "discarded")
                lent.Discard();
        }

        Assert.Equal((0, 0), (pool.IdleCount, pool.Count));
    });

    [Fact]
    public void Bytes_of_the_next_caller_meet_no_cancelling_of_the_last_one() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        await using var pool = new ConnectionPool(world.NewClient(), "server", 7000);
        await using (var lent = await pool.RentAsync())
        {
            // Disposed while it reads.
            await using var messages = lent.Connection.AsMessages(Lines);
            var reading = ReadLineAsync(messages);
            await messages.DisposeAsync();
            Assert.Equal("", await reading);
        }

        await using var next = await pool.RentAsync();
        Assert.Equal(1, pool.Count);
        var flush = await next.Connection.Transport.Output.WriteAsync("raw"u8.ToArray(), CancellationToken.None);
        Assert.False(flush.IsCanceled);
        var read = await next.Connection.Transport.Input.ReadAsync(CancellationToken.None);
        Assert.False(read.IsCanceled);
        next.Connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        Assert.Equal("raw", await next.Connection.ReadAsync(3));
    });

    private static async Task Echo(MessageConnection<string> peer)
    {
        await foreach (var line in peer.ReadAllAsync())
            await peer.WriteAsync(line);
    }

    private static async Task<string> ReadLineAsync(MessageConnection<string> messages)
    {
        await foreach (var line in messages.ReadAllAsync())
            return line;
        return "";
    }
}
