using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>Handlers of messages that the host's services create, and the scope of what they log.</summary>
public sealed class MessageHandlerTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100);

    [Fact]
    public async Task Message_handler_gets_services_and_is_one_for_all_connections()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("greet"), server => server.AddHandler<Greeting>("greet"),
            services => services.AddSingleton(new Greetings("hello")));

        Assert.Equal(["hello Ada 1"], await AskAsync(host, "Ada"));
        Assert.Equal(["hello Bob 2"], await AskAsync(host, "Bob"));
    }

    [Fact]
    public async Task Scoped_message_handler_is_one_for_each_connection()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("greet"), server => server.ScopedHandler<Greeting>("greet"),
            services => services.AddSingleton(new Greetings("hello")));

        Assert.Equal(["hello Ada 1"], await AskAsync(host, "Ada"));
        Assert.Equal(["hello Bob 1"], await AskAsync(host, "Bob"));
    }

    [Fact]
    public async Task Message_handler_may_have_a_codec_for_each_direction()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("length"), server => server.AddHandler<Lengths>("length"));

        await using var client = (await host.ConnectAsync()).AsMessages(Codec.Netstring(100), Lines);
        await client.WriteAsync("four", TestContext.Current.CancellationToken);

        var answer = await client.ReadAllAsync(TestContext.Current.CancellationToken)
            .FirstAsync(TestContext.Current.CancellationToken);
        Assert.Equal("4"u8, answer.Span);
    }

    [Fact]
    public async Task Lines_that_a_handler_logs_have_the_id_of_its_connection()
    {
        var log = new FakeLogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(log)));
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("log"),
            server => server
                .Configure(options => options.LoggerFactory = factory)
                .AddHandler("log", listen => listen.Run(Lines, async peer =>
                {
                    await foreach (var line in peer.ReadAllAsync())
                    {
                        factory.CreateLogger("Handler").LogTheLine(line);
                        await peer.WriteAsync(peer.ConnectionId);
                    }
                })));

        var id = Assert.Single(await AskAsync(host, "logged"));

        var record = Assert.Single(log.GetSnapshot(), line => line.Category == "Handler");
        var scope = Assert.Single(record.Scopes.OfType<IReadOnlyList<KeyValuePair<string, object?>>>());
        Assert.Equal(("ConnectionId", id), (scope[0].Key, scope[0].Value));
        Assert.Contains(id, $"{record.Scopes[0]}", StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_codec_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new NoCodec());
        Assert.Throws<ArgumentNullException>(() => new NoDecoder());
    }

    private static async Task<List<string>> AskAsync(TestHost host, string question)
    {
        await using var client = (await host.ConnectAsync()).AsMessages(Lines);
        await client.WriteAsync(question, TestContext.Current.CancellationToken);
        await client.CompleteWritesAsync(TestContext.Current.CancellationToken);
        return await client.ReadAllAsync(TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken).AsTask().Within();
    }

    private sealed record Greetings(string Word);

    private sealed class Greeting(Greetings greetings) : MessageHandler<string>(Lines)
    {
        private int _count;

        protected override async Task HandleAsync(MessageConnection<string> messages)
        {
            await foreach (var name in messages.ReadAllAsync())
                await messages.WriteAsync($"{greetings.Word} {name} {Interlocked.Increment(ref _count)}");
        }
    }

    private sealed class Lengths() : MessageHandler<string, ReadOnlyMemory<byte>>(Lines, Codec.Netstring(100))
    {
        protected override async Task HandleAsync(MessageConnection<string, ReadOnlyMemory<byte>> messages)
        {
            await foreach (var line in messages.ReadAllAsync())
                await messages.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{line.Length}"));
        }
    }

    private sealed class NoCodec() : MessageHandler<string>(null!)
    {
        protected override Task HandleAsync(MessageConnection<string> messages) => Task.CompletedTask;
    }

    private sealed class NoDecoder() : MessageHandler<string, string>(null!, Lines)
    {
        protected override Task HandleAsync(MessageConnection<string, string> messages) => Task.CompletedTask;
    }
}

/// <summary>The lines that handlers of these tests log.</summary>
internal static partial class HandlerLog
{
    [LoggerMessage(1, LogLevel.Information, "The peer said {Line}.")]
    public static partial void LogTheLine(this ILogger logger, string line);
}
