using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    private const string HalfAnAnswer = "half an answer\n";

    /// <summary>Handlers that write half an answer and throw, by what they hold when they do.</summary>
    private static readonly Dictionary<string, Func<ConnectionContext, Task>> Throwing = new()
    {
        ["nothing"] = async connection => throw await WriteHalfAsync(connection),
        ["messages"] = async connection =>
        {
            await using var messages = connection.AsMessages(Codec.Lines(maxLength: 100));
            throw await WriteHalfAsync(messages);
        },
        ["messages of two codecs"] = async connection =>
        {
            await using var messages = connection.AsMessages(Codec.FixedSize(1), Codec.Lines(maxLength: 100));
            throw await WriteHalfAsync(messages);
        },
        ["messages in a group"] = async connection =>
        {
            await using var messages = connection.AsMessages(Codec.Lines(maxLength: 100));
            var group = new MessageGroup<string>();
            group.Join(messages);
            await group.BroadcastAsync(HalfAnAnswer.TrimEnd());
            throw new FormatException("no more of it");
        },
        ["the connection"] = async connection =>
        {
            await using var held = connection;
            throw await WriteHalfAsync(held);
        },
        ["messages, a stream and the connection"] = async connection =>
        {
            await using var held = connection;
            await using var messages = connection.AsMessages(Codec.Lines(maxLength: 100));
            await using var stream = connection.Transport.Output.AsStream();
            throw await WriteHalfAsync(messages);
        },
        ["a stream"] = async connection =>
        {
            await using var stream = connection.Transport.Output.AsStream();
            throw await WriteHalfAsync(connection);
        },
        ["a stream, disposed synchronously"] = async connection =>
        {
            using var stream = connection.Transport.Output.AsStream();
            throw await WriteHalfAsync(connection);
        },
        ["streams of both directions and a text writer"] = async connection =>
        {
            await using var reading = connection.Transport.Input.AsStream();
            await using var writing = new StreamWriter(connection.Transport.Output.AsStream());
            await writing.WriteAsync(HalfAnAnswer);
            await writing.FlushAsync();
            throw new FormatException("no more of it");
        },
        ["pipes that it completes in a finally block"] = async connection =>
        {
            try
            {
                throw await WriteHalfAsync(connection);
            }
            finally
            {
                await connection.Transport.Output.CompleteAsync();
                await connection.Transport.Input.CompleteAsync();
            }
        },
        ["a capture"] = async connection =>
        {
            await using var capture = new WireCapture(new MemoryStream());
            using var recording = capture.Attach(connection);
            await using var messages = connection.AsMessages(Codec.Lines(maxLength: 100));
            throw await WriteHalfAsync(messages);
        },
    };

    public static TheoryData<string, bool> HeldByHandlers
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var held in Throwing.Keys)
            {
                data.Add(held, false);
                data.Add(held, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(HeldByHandlers))]
    public Task Half_an_answer_of_a_handler_that_throws_never_appears_whole(string held, bool peerHasEnded) => Run(async world =>
    {
        var served = new TaskCompletionSource<ConnectionContext>();
        await using var server = await ServeAsync(world, async connection =>
        {
            served.SetResult(connection);
            await ReadQuestionAsync(connection);
            await Throwing[held](connection);
        });
        var client = await ConnectClientAsync(world, server);
        await client.SendAsync("?");
        if (peerHasEnded)
            await client.SendFinAsync();
        var error = await client.ReceiveToErrorAsync();

        var connection = await world.Soon(served.Task);
        await world.BecomesTrueAsync(() => server.ConnectionCount == 0);
        var reason = connection.CloseReason;
        Assert.NotNull(reason);
        Assert.Equal((ClosedBy.Local, CloseCause.HandlerError), (reason.By, reason.Cause));
        Assert.True(
            error is ConnectionResetException || !Fixture.HasReset,
            $"{held}: the peer met {error?.Message ?? "FIN"} ({client.Reason}); the server's reason is: {reason}");
    });

    [Theory]
    [InlineData("messages")]
    [InlineData("the connection")]
    [InlineData("a stream")]
    [InlineData("the output")]
    public Task What_a_handler_gives_up_in_order_ends_in_order(string held) => Run(async world =>
    {
        await using var server = await ServeAsync(world, async connection =>
        {
            await ReadQuestionAsync(connection);
            switch (held)
            {
                case "messages":
                    await using (var messages = connection.AsMessages(Codec.Lines(maxLength: 100)))
                        await messages.WriteAsync("an answer");
                    break;
                case "the connection":
                    await using (connection)
                        await connection.Transport.Output.WriteAsync("an answer\n"u8.ToArray());
                    break;
                case "a stream":
                    await using (var stream = connection.Transport.Output.AsStream())
                        await stream.WriteAsync("an answer\n"u8.ToArray());
                    break;
                default:
                    await connection.Transport.Output.WriteAsync("an answer\n"u8.ToArray());
                    await connection.Transport.Output.CompleteAsync();
                    break;
            }
        });
        var client = await ConnectClientAsync(world, server);
        await client.SendAsync("?");
        await client.ShouldReceiveToEndAsync("an answer\n");
        await client.DisposeAsync();
        await client.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
    });

    [Theory]
    [InlineData("reads on")]
    [InlineData("reads already")]
    [InlineData("does something else")]
    public Task Handler_that_ends_its_output_and_goes_on_sends_FIN(string how) => Run(async world =>
    {
        var clientHasAll = new TaskCompletionSource();
        var afterwards = new TaskCompletionSource<long>();
        await using var server = await ServeAsync(world, async connection =>
        {
            await ReadQuestionAsync(connection);
            var output = connection.Transport.Output;
            var reading = how is "reads already" ? CountToEndAsync(connection) : null;
            await output.WriteAsync("an answer\n"u8.ToArray());
            await output.CompleteAsync();
            if (how is "does something else")
                await clientHasAll.Task;
            afterwards.SetResult(await (reading ?? CountToEndAsync(connection)));
        });
        var client = await ConnectClientAsync(world, server);
        await client.SendAsync("?");
        await client.ShouldReceiveToEndAsync("an answer\n"); // The client's own side is open all the time.
        clientHasAll.SetResult();
        await client.SendAsync("five!");
        await client.SendFinAsync();
        Assert.Equal(5, await world.Soon(afterwards.Task));
        await client.ShouldEndAsync(ClosedBy.Peer, CloseCause.Fin);
    });

    private static Task<SockeyeServer> ServeAsync(TransportWorld world, ConnectionDelegate handler) =>
        SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider) = (world.Serving.Transport, world.Time);
            world.Serving.Secured(options.Listen(world.NewEndPoint())).Run(handler);
        });

    private static async Task<TestEnd> ConnectClientAsync(TransportWorld world, SockeyeServer server) => world.Track(
        await world.Soon(world.Connecting.ConnectAsync(server.EndPoints[0]).AsTask(), "connect"), "client");

    private static async Task ReadQuestionAsync(ConnectionContext connection)
    {
        var read = await connection.Transport.Input.ReadAsync();
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
    }

    private static async Task<long> CountToEndAsync(ConnectionContext connection)
    {
        for (var count = 0L; ;)
        {
            var read = await connection.Transport.Input.ReadAsync();
            count += read.Buffer.Length;
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return count;
        }
    }

    private static async Task<Exception> WriteHalfAsync(ConnectionContext connection)
    {
        await connection.Transport.Output.WriteAsync("half an answer\n"u8.ToArray());
        return new FormatException("no more of it");
    }

    private static async Task<Exception> WriteHalfAsync<TIn>(MessageConnection<TIn, string> messages)
    {
        await messages.WriteAsync(HalfAnAnswer.TrimEnd());
        return new FormatException("no more of it");
    }
}
