using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Streams;

/// <summary>Two connections that are joined in memory.</summary>
public sealed class ConnectionPairTests
{
    private static (ClosedBy By, CloseCause Cause) EndOf(ConnectionContext connection) =>
        (connection.CloseReason!.By, connection.CloseReason!.Cause);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task End_of_one_side_is_the_FIN_of_the_other_which_may_still_write()
    {
        var (one, other) = ConnectionPair.Create();

        await one.SendAsync("question");
        await one.Transport.Output.CompleteAsync();
        Assert.Equal("question", await other.ReadToEndAsync().Within());
        await other.SendAsync("answer");
        await other.DisposeAsync().AsTask().Within();

        Assert.Equal("answer", await one.ReadToEndAsync().Within());
        await one.DisposeAsync().AsTask().Within();
        Assert.Equal((ClosedBy.Peer, CloseCause.Fin), EndOf(other));
        Assert.Equal((ClosedBy.Local, CloseCause.Fin), EndOf(one));
        Assert.True(one.ConnectionClosed.IsCancellationRequested || other.ConnectionClosed.CanBeCanceled);
    }

    [Fact]
    public async Task Abort_of_one_side_is_the_reset_of_the_other()
    {
        var (one, other) = ConnectionPair.Create();
        var reading = other.AssertResetAsync();

        one.Abort(CloseCause.Limit, "enough");

        await reading.Within();
        Assert.Equal((ClosedBy.Peer, CloseCause.Reset), EndOf(other));
        Assert.Equal((ClosedBy.Local, CloseCause.Limit), EndOf(one));
        await one.DisposeAsync().AsTask().Within();
        await other.DisposeAsync().AsTask().Within();
    }

    [Fact]
    public async Task Writer_waits_for_a_reader_that_does_not_read_and_everything_arrives_in_order()
    {
        const int Size = 4_000_000;
        var (one, other) = ConnectionPair.Create();
        var bytes = new byte[Size];
        new Random(7).NextBytes(bytes);

        var writing = one.AsStream().WriteAsync(bytes, Cancelled).AsTask();
        Assert.False(writing.IsCompleted);
        var ending = EndAfterAsync(writing, one);
        using var received = new MemoryStream();
        await other.AsStream().CopyToAsync(received, Cancelled).Within();

        await ending.Within();
        Assert.Equal(bytes, received.ToArray());
        await other.DisposeAsync();
        await one.DisposeAsync();
    }

    [Fact]
    public async Task Writer_to_a_side_that_has_closed_is_reset()
    {
        var (one, other) = ConnectionPair.Create(new() { LingerTimeout = TimeSpan.FromMilliseconds(1) });
        await other.DisposeAsync().AsTask().Within();

        await BoundedWait.Until(() => WriteFails(one), "a write failed");

        Assert.Equal(CloseCause.Reset, one.CloseReason!.Cause);
        await one.DisposeAsync();
    }

    [Fact]
    public async Task Handlers_and_codecs_use_a_pair_like_any_connection()
    {
        var lines = Codec.Lines(maxLength: 100);
        var (one, other) = ConnectionPair.Create();
        var serving = EchoAsync(other.AsMessages(lines));
        var client = one.AsMessages(lines);

        await client.WriteManyAsync(["one", "two"], Cancelled);
        await client.CompleteWritesAsync(Cancelled);

        Assert.Equal(["one", "two"], await client.ReadAllAsync(Cancelled).ToListAsync(Cancelled).AsTask().Within());
        await serving.Within();
        await client.DisposeAsync();
    }

    private static async Task EchoAsync(MessageConnection<string> messages)
    {
        await using (messages)
        {
            await foreach (var line in messages.ReadAllAsync())
                await messages.WriteAsync(line);
        }
    }

    private static async Task EndAfterAsync(Task writing, ConnectionContext connection)
    {
        await writing;
        await connection.Transport.Output.CompleteAsync();
    }

    private static bool WriteFails(ConnectionContext connection)
    {
        connection.Transport.Output.WriteAsync("x"u8.ToArray()).AsTask().WithoutThrowing().GetAwaiter().GetResult();
        return connection.CloseReason is { Cause: CloseCause.Reset };
    }
}
