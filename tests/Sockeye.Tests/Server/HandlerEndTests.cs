using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>How a handler's exception ends its connection, whatever the handler had disposed by then: the peer, the reason and
/// the log say the same.</summary>
public sealed class HandlerEndTests
{
    private const int Seed = 3301;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Theory]
    [InlineData("alone")]
    [InlineData("with its bytes limited")]
    [InlineData("with TLS")]
    [InlineData("with TLS and its bytes limited")]
    [InlineData("captured")]
    [InlineData("in middleware")]
    public void Exception_after_everything_was_disposed_resets(string how) => Simulated.Run(Seed, async world =>
    {
        using var certificate = TlsCertificates.CreateSelfSigned("server");
        await using var capture = new WireCapture(new MemoryStream(), new() { TimeProvider = world.Time });
        await using var server = await world.StartWith(listen =>
        {
            if (how is "captured")
                listen.UseWireCapture(capture);
            if (how.Contains("TLS", StringComparison.Ordinal))
                listen.UseTls(certificate);
            if (how.Contains("limited", StringComparison.Ordinal))
                listen.UseBandwidthLimit(receive: 100_000, send: 100_000);
            if (how is "in middleware")
                listen.Use(DisposingAsync);
            listen.Run(ThrowingAsync);
        });
        var client = world.NewClient(options =>
        {
            if (how.Contains("TLS", StringComparison.Ordinal))
                options.UseTls(tls => tls.PinnedFingerprint = TlsCertificates.Fingerprint(certificate));
        });
        await using var connection = await client.ConnectAsync("server", 7000);
        await connection.SendAsync("?");

        await Assert.ThrowsAsync<ConnectionResetException>(() => ReadToEndAsync(connection));

        var ended = await world.ConnectionEnded();
        Assert.Contains("Local HandlerError Both, the handler threw FormatException: no more of it.", ended.Message);
        Assert.DoesNotContain("..", ended.Message, StringComparison.Ordinal);
        var threw = Assert.Single(world.Log.WithId(1201));
        Assert.Equal((LogLevel.Error, "FormatException"), (threw.Level, threw.Exception!.GetType().Name));
        Assert.Empty(world.Log.WithId(1205));
    });

    [Fact]
    public void Exception_after_both_sides_have_ended_in_order_is_logged_as_such() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("whole");
            await connection.Transport.Output.CompleteAsync();
            await connection.ReadToEndAsync();
            await connection.ConnectionClosed.WhenCancelledAsync();
            throw new FormatException("too late.");
        });
        await using var client = await world.Connect();
        Assert.Equal("whole", await client.ReadToEndAsync());
        await client.DisposeAsync();

        Assert.Contains("Local Fin Output", (await world.ConnectionEnded()).Message, StringComparison.Ordinal);
        var threw = Assert.Single(world.Log.WithId(1205));
        Assert.Equal(LogLevel.Error, threw.Level);
        Assert.EndsWith(
            "the handler threw when its connection had ended already: this side ended first (FIN).", threw.Message,
            StringComparison.Ordinal);
        Assert.Empty(world.Log.WithId(1201));
    });

    [Fact]
    public void Handler_may_go_on_with_bytes_after_its_messages_were_disposed() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await using (var messages = connection.AsMessages(Lines))
            {
                await foreach (var line in messages.ReadAllAsync())
                {
                    await messages.WriteAsync(line);
                    break;
                }
            }

            var read = await connection.Transport.Input.ReadAsync();
            Assert.False(read.IsCanceled);
            var flush = await connection.Transport.Output.WriteAsync(read.Buffer.FirstSpan.ToArray());
            Assert.False(flush.IsCanceled);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        });
        await using var client = await world.Connect();
        await client.SendAsync("line\n");
        Assert.Equal("line\n", await client.ReadAsync(5));
        await client.SendAsync("raw");

        Assert.Equal("raw", await client.ReadToEndAsync());
    });

    [Fact]
    public void Disposal_by_a_client_still_closes() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(ConnectionText.Echo);
        var client = await world.NewClient().ConnectAsync("server", 7000, Lines);
        await client.WriteAsync("x");

        await client.DisposeAsync();

        Assert.True(client.Connection.ConnectionClosed.IsCancellationRequested);
        Assert.Contains("Peer Fin Input", (await world.ConnectionEnded()).Message, StringComparison.Ordinal);
    });

    private static async Task DisposingAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        await using var held = connection;
        await using var output = connection.Transport.Output.AsStream();
        await next(connection);
    }

    private static async Task ThrowingAsync(ConnectionContext connection)
    {
        await connection.ReadAsync(1);
        await using var held = connection;
        await using var messages = connection.AsMessages(Lines);
        await using var output = connection.Transport.Output.AsStream();
        await messages.WriteAsync("half an answer");
        throw new FormatException("no more of it.");
    }

    private static async Task ReadToEndAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(CancellationToken.None);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }
}
