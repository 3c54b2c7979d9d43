using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

/// <summary>The activities of the source "Sockeye". Who listens to it listens to the whole process.</summary>
[Collection(nameof(Metered))]
public sealed class ConnectionTraceTests
{
    private const int Seed = 1602;

    [Fact]
    public void Connection_is_one_activity_on_each_side_for_as_long_as_it_lasts() => Simulated.Run(Seed, async world =>
    {
        using var traces = new Traces();
        Activity? inHandler = null, ofConnection = null;
        await using var server = await world.Start(async connection =>
        {
            (inHandler, ofConnection) = (Activity.Current, connection.Activity);
            await ConnectionText.Echo(connection);
        });
        var client = await ConnectAsync(world);
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1));
        await world.Pass(TimeSpan.FromSeconds(3));
        Assert.Empty(traces.Ended);
        await client.DisposeAsync();
        await world.Until(() => traces.Ended.Count == 2, "both sides have ended");

        var atServer = traces.Ended.Single(activity => activity.Kind is ActivityKind.Server);
        Assert.Same(atServer, inHandler);
        Assert.Same(atServer, ofConnection);
        Assert.Equal("sockeye.server.connection", atServer.OperationName);
        Assert.Null(atServer.ParentId);
        Assert.InRange(atServer.Duration, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.1));
        Assert.Equal(ActivityStatusCode.Unset, atServer.Status);
        AssertTags(atServer,
            ("network.transport", "tcp"),
            ("network.peer.address", $"{world.Client.Address}"),
            ("network.peer.port", ((IPEndPoint)client.LocalEndPoint!).Port),
            ("network.local.address", $"{world.Server.Address}"),
            ("network.local.port", 7000),
            ("sockeye.close.cause", "fin"),
            ("sockeye.close.by", "peer"));
        Assert.NotNull(atServer.GetTagItem("sockeye.connection.id"));

        var atClient = traces.Ended.Single(activity => activity.Kind is ActivityKind.Client);
        Assert.Equal("sockeye.client.connection", atClient.OperationName);
        Assert.Same(atClient, client.Activity);
        AssertTags(atClient, ("network.peer.port", 7000), ("sockeye.connection.id", client.ConnectionId));
    });

    [Fact]
    public void Client_connection_is_a_child_of_the_callers_activity_which_stays() => Simulated.Run(Seed, async world =>
    {
        using var traces = new Traces();
        await using var server = await world.Start(ConnectionText.Echo);
        using var work = new Activity("work").Start();
        var client = await ConnectAsync(world);

        Assert.Same(work, Activity.Current);
        Assert.Equal(work.SpanId, client.Activity!.ParentSpanId);
        await client.DisposeAsync();
    });

    [Fact]
    public void Handler_that_throws_makes_an_error_of_it() => Simulated.Run(Seed, async world =>
    {
        using var traces = new Traces();
        await using var server = await world.Start(_ => throw new FormatException("not a word I know"));
        await using var client = await world.Connect();
        await client.AssertResetAsync();
        await world.Until(() => traces.Ended.Count == 1, "the server's side has ended");

        var ended = traces.Ended.Single();
        Assert.Equal(ActivityStatusCode.Error, ended.Status);
        Assert.Equal("the handler threw FormatException: not a word I know", ended.StatusDescription);
        AssertTags(ended, ("error.type", "handler_error"), ("sockeye.close.by", "local"));
        Assert.Equal("exception", Assert.Single(ended.Events).Name);
    });

    [Fact]
    public void Connect_that_fails_is_an_error_too() => Simulated.Run(Seed, async world =>
    {
        using var traces = new Traces();
        await Assert.ThrowsAsync<ConnectException>(() => ConnectAsync(world).AsTask());

        var ended = Assert.Single(traces.Ended);
        Assert.Equal((ActivityKind.Client, ActivityStatusCode.Error), (ended.Kind, ended.Status));
        AssertTags(ended, ("error.type", typeof(ConnectException).FullName));
    });

    [Fact]
    public void Listener_that_throws_holds_up_no_stop() => Simulated.Run(Seed, async world =>
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Sockeye",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ => throw new InvalidOperationException("a listener with a fault"),
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await world.Start(ConnectionText.Echo);
        await using (await world.Connect())
        {
            // Nothing is said.
        }

        await world.Until(() => server.ConnectionCount == 0, "the connection was gone");
        Assert.Equal(0, (await server.StopAsync(CancellationToken.None)).Aborted);
    });

    [Theory]
    [InlineData("Sample")]
    [InlineData("ActivityStarted")]
    [InlineData("ActivityStopped")]
    public void Listener_that_throws_costs_its_traces_and_neither_side_its_connection(string callback) =>
        Simulated.Run(Seed, async world =>
        {
            using var listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Sockeye",
                Sample = (ref _) => callback is "Sample" ? throw Fault() : ActivitySamplingResult.AllDataAndRecorded,
                ActivityStarted = _ => ThrowAt("ActivityStarted"),
                ActivityStopped = _ => ThrowAt("ActivityStopped"),
            };
            ActivitySource.AddActivityListener(listener);
            await using var server = await world.Start(ConnectionText.Echo);
            var client = await ConnectAsync(world);
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadAsync(1));
            await client.DisposeAsync();
            await world.Until(() => server.ConnectionCount == 0, "the connection was gone");

            Assert.True(client.CloseReason!.IsOrderly);
            Assert.Contains("Peer Fin", (await world.ConnectionEnded()).Message, StringComparison.Ordinal);
            // Once a side.
            await world.Until(() => world.Log.WithId(1008).Count() == 2, "both sides have said so");
            Assert.All(world.Log.WithId(1008), line => Assert.EndsWith(
                "a listener with a fault", line.Message, StringComparison.Ordinal));

            void ThrowAt(string name)
            {
                if (name == callback)
                    throw Fault();
            }
        });

    [Fact]
    public void Without_a_listener_there_is_no_activity_and_no_cost() => Simulated.Run(Seed, async world =>
    {
        Activity? inHandler = null;
        await using var server = await world.Start(connection =>
        {
            inHandler = Activity.Current ?? connection.Activity;
            return Task.CompletedTask;
        });
        await using var client = await ConnectAsync(world);
        await client.ReadToEndAsync();

        Assert.Null(inHandler);
        Assert.Null(client.Activity);
        Assert.Equal(0, Allocations.Of(1000, () => Assert.False(ConnectionTrace.IsEnabled)));
    });

    private static InvalidOperationException Fault() => new("a listener with a fault");

    private static ValueTask<ConnectionContext> ConnectAsync(Simulated world) =>
        world.NewClient().ConnectAsync(new IPEndPoint(world.Server.Address, 7000));

    private static void AssertTags(Activity activity, params (string Name, object? Value)[] expected) =>
        Assert.Equal(expected, expected.Select(tag => (tag.Name, activity.GetTagItem(tag.Name))));

    private sealed class Traces : IDisposable
    {
        private readonly ActivityListener _listener;

        public Traces()
        {
            _listener = new()
            {
                ShouldListenTo = source => source.Name == "Sockeye",
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = Ended.Add,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Ended { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
