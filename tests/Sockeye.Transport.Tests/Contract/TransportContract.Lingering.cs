using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>Closing waits for a peer that still reads what was sent to it.</summary>
public abstract partial class TransportContract
{
    /// <summary>More than a peer that does not read takes, and less than both systems hold.</summary>
    private const int Answer = 200_000;

    private static readonly TransportSettings SlowPeer = new()
    {
        MaxReadBufferSize = 16 * 1024,
        LargeSendSmallReceiveBuffer = true,
        LingerTimeout = Short,
        CloseTimeout = TimeSpan.FromHours(1),
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Late_bytes_do_not_cut_off_an_answer_that_the_peer_still_reads(bool clientFirst) => Run(SlowPeer, async world =>
    {
        const int Sip = 20_000;
        const int Sips = 3;
        var (answering, asking) = await world.ConnectAsync(clientFirst);
        await AnswerAsync(world, answering);
        var closing = answering.DisposeAsync();
        for (var i = 0; i < Sips; i++)
        {
            await PassLingerTimeoutAsync(world);
            Assert.False(closing.IsCompleted, $"It is closed before the peer has read everything: {answering.Reason}");
            await asking.SendAsync("late");
            await asking.ReceiveAsync(Down, Sip, i * Sip);
        }

        await asking.ReceiveAsync(Down, Answer - (Sips * Sip), Sips * Sip);
        await asking.ReceiveFinAsync();
        await asking.DisposeAsync();
        await closing;
        await answering.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        await asking.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
        Assert.Equal(fixture.CountsDiscarded ? Sips * 4 : 0, answering.BytesReceived);
        Assert.IsType<ConnectionAbortedException>(await answering.ReceiveToErrorAsync());
    });

    [Theory]
    [InlineData(Answer)]
    [InlineData(5 * Answer)]
    public Task A_result_that_the_reader_still_holds_does_not_keep_the_peer_from_sending_first_and_reading_then(int length) =>
        Run(SlowPeer, async world =>
        {
            const int Request = 1_000_000;
            var (client, server) = await world.ConnectAsync();
            SkipUnlessReported(server);
            await client.SendAsync("held");
            var held = await server.Input.ReadAtLeastAsync(4);
            server.Output.Write(Down.Take(length));
            var closing = server.DisposeAsync();
            await client.SendAsync(Up, Request);
            await client.ReceiveAsync(Down, length);
            await client.ReceiveFinAsync();
            await client.DisposeAsync();
            await closing;
            await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
            if (fixture.CountsDiscarded)
                Assert.True(server.BytesReceived > Request / 2);

            Assert.Equal("held", Encoding.UTF8.GetString(held.Buffer.ToArray()));
            server.Input.AdvanceTo(held.Buffer.Start);
            Assert.IsType<ConnectionAbortedException>(await server.ReceiveToErrorAsync());
        });

    [Fact]
    public Task Dispose_leaves_the_rest_to_the_system_when_the_peer_acknowledges_nothing_and_says_so() =>
        Run(SlowPeer with { CloseTimeout = Short }, world => ShouldGiveUpAsync(world, "CloseTimeout"));

    [Fact]
    public Task Dispose_leaves_the_rest_to_the_system_when_the_peer_takes_too_long_and_says_so() =>
        Run(SlowPeer with { MaxLingerTime = Short }, world => ShouldGiveUpAsync(world, "MaxLingerTime"));

    [Fact]
    public Task A_reset_by_the_peer_while_the_answer_waits_is_the_reason() => Run(SlowPeer, async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await AnswerAsync(world, server);
        var closing = server.DisposeAsync();
        await PassLingerTimeoutAsync(world);
        client.Connection.Abort();
        await closing;
        if (fixture.HasReset)
            await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
        else
            await world.Soon(server.Closed);
    });

    /// <summary>Closing ends with this reason; what the system has still arrives.</summary>
    private static async Task ShouldGiveUpAsync(TransportWorld world, string option)
    {
        var (client, server) = await world.ConnectAsync();
        await AnswerAsync(world, server);
        await server.DisposeAsync();
        await server.ShouldEndAsync(ClosedBy.Local, CloseCause.Timeout);
        Assert.Contains(option, server.Reason!.Description, StringComparison.Ordinal);
        await client.ReceiveAsync(Down, Answer);
        await client.ReceiveFinAsync();
    }

    /// <summary>All of the answer is with the system, and its peer has not taken all of it.</summary>
    private static async Task AnswerAsync(TransportWorld world, TestEnd end)
    {
        await end.SendAsync(Down.Take(Answer));
        await world.BecomesTrueAsync(() => end.BytesSent == Answer);
        SkipUnlessReported(end);
        Assert.True(FeatureOf(end).GetSystemProgress()!.Value.HasPending);
    }

    /// <summary>Elsewhere LingerTimeout begins with FIN, whatever the peer still reads.</summary>
    private static void SkipUnlessReported(TestEnd end) => Assert.SkipWhen(
        FeatureOf(end).GetSystemProgress() is null, "The system does not report what the peer has taken.");

    /// <summary>Returns when <c>LingerTimeout</c> is over for a connection that was closed after this call.</summary>
    private static async Task PassLingerTimeoutAsync(TransportWorld world)
    {
        var (closing, silent) = await world.ConnectAsync();
        await closing.DisposeAsync();
        await closing.ShouldEndAsync(ClosedBy.Local, CloseCause.Fin);
        Assert.False(silent.Closed.IsCompleted);
    }
}
