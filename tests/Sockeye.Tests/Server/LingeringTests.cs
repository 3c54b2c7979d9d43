using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>
/// A client that reads slowly, and sends something now and then, gets the whole last answer, however the server's side ends.
/// </summary>
public sealed class LingeringTests
{
    private const int Seed = 41;

    private const int Answer = 300_000;

    /// <summary>What both systems hold takes longer than <c>LingerTimeout</c>, what the client's holds takes less.</summary>
    private const long ReadRate = 50_000;

    private static readonly string Text = string.Concat(Enumerable.Range(0, Answer / 6).Select(i => $"{i:00000}\n"));

    [Fact]
    public void Handler_returns() => Run(async connection => await connection.SendAsync(Text));

    [Fact]
    public void Handler_returns_without_having_read_what_has_arrived() => Run(async connection =>
    {
        var read = await connection.Transport.Input.ReadAsync();
        connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        await connection.SendAsync(Text);
    });

    [Fact]
    public void Handler_returns_without_having_flushed() => Run(connection =>
    {
        connection.Transport.Output.Write(Encoding.ASCII.GetBytes(Text));
        return Task.CompletedTask;
    });

    [Fact]
    public void Handler_completes_its_pipes_and_returns() => Run(async connection =>
    {
        await connection.SendAsync(Text);
        await connection.Transport.Output.CompleteAsync();
        await connection.Transport.Input.CompleteAsync();
    });

    [Fact]
    public void Handler_completes_its_output_and_returns_much_later() => Run(async (world, connection) =>
    {
        await connection.SendAsync(Text);
        await connection.Transport.Output.CompleteAsync();
        await world.Pass(TimeSpan.FromSeconds(10));
    });

    [Fact]
    public void Handler_disposes_of_the_connection() => Run(async connection =>
    {
        await connection.SendAsync(Text);
        await connection.DisposeAsync();
    });

    [Fact]
    public void Handler_writes_messages() => Run(async connection =>
    {
        await using var lines = connection.AsMessages(Codec.Lines(10));
        foreach (var line in Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            await lines.WriteAsync(line);
    });

    [Fact]
    public void Middleware_answers_and_does_not_call_the_next() => Run(
        _ => throw new InvalidOperationException("Never called."),
        listen => listen.Use(async (connection, _) => await connection.SendAsync(Text)));

    [Fact]
    public void Bandwidth_is_limited() => Run(
        async connection => await connection.SendAsync(Text),
        listen => listen.UseBandwidthLimit(receive: 5, send: 1_000_000));

    [Fact]
    public void Server_is_stopped() => Simulated.Run(Seed, async world =>
    {
        var begun = new TaskCompletionSource();
        await using var server = await world.Start(
            async connection =>
            {
                begun.SetResult();
                await connection.SendAsync(Text);
                await Task.Delay(Timeout.InfiniteTimeSpan, world.Time, connection.StopRequested);
            },
            options => options.ShutdownTimeout = TimeSpan.FromMinutes(2));
        await using var client = await ConnectSlowlyAsync(world);
        var reading = ReadAndSendAsync(world, client);
        await begun.Task;
        var stopping = server.StopAsync(CancellationToken.None);
        await reading;
        await client.DisposeAsync();
        Assert.Equal(1, (await stopping).Drained);
        Assert.Contains("Local Stop Output", (await world.ConnectionEnded()).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Handler_that_throws_resets_at_once() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.SendAsync("begun");
            throw new InvalidOperationException("Broken.");
        });
        await using var client = await world.Connect();
        var begun = world.Network.Elapsed;
        await Assert.ThrowsAsync<ConnectionResetException>(client.ReadToEndAsync);
        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    });

    private static void Run(ConnectionDelegate handler, Action<ListenOptions>? listen = null) =>
        Run((_, connection) => handler(connection), listen);

    private static void Run(Func<Simulated, ConnectionContext, Task> handler, Action<ListenOptions>? listen = null) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await world.StartWith(options =>
            {
                listen?.Invoke(options);
                options.Run(connection => handler(world, connection));
            });
            await using var client = await ConnectSlowlyAsync(world);
            await ReadAndSendAsync(world, client);
            await client.DisposeAsync();
            Assert.Contains("Local Fin Output", (await world.ConnectionEnded()).Message, StringComparison.Ordinal);
        });

    private static async Task<ConnectionContext> ConnectSlowlyAsync(Simulated world)
    {
        world.Client.ReadRate = ReadRate;
        var client = await world.Connect();
        await client.SendAsync("question");
        return client;
    }

    /// <summary>Reads to the end, and sends a byte every tenth of a second until then.</summary>
    private static async Task ReadAndSendAsync(Simulated world, ConnectionContext client)
    {
        var isOver = false;
        var sending = SendAsync();
        Assert.Equal(Text, await client.ReadToEndAsync());
        isOver = true;
        await sending;

        async Task SendAsync()
        {
            while (!isOver && !(await client.Transport.Output.WriteAsync("."u8.ToArray())).IsCompleted)
                await world.Pass(TimeSpan.FromMilliseconds(100));
        }
    }
}
