using System.Diagnostics.Metrics;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>A configuration that changes while the server runs.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task New_clients_get_what_the_configuration_says_now_and_open_ones_stay()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));
        var before = host.Server.EndPoints;
        await using var open = await host.ConnectAsync();
        await open.SendAsync("x");
        Assert.Equal("x", await open.ReadAsync(1).Within());

        await host.ChangeAsync(TestHost.OneEndPoint("hello"));

        Assert.Equal(before, host.Server.EndPoints);
        Assert.Equal("hello", await host.ReadAllAsync());
        await open.SendAsync("y");
        Assert.Equal("y", await open.ReadAsync(1).Within());
    }

    [Fact]
    public async Task Endpoints_come_and_go_with_the_configuration()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));

        await host.ChangeAsync("""
            { "Sockeye": { "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "echo" },
                "b": { "Listen": "127.0.0.1:0", "Handler": "hello" } } } }
            """);
        Assert.Equal("hello", await host.ReadAllAsync(listener: 1));
        await host.ChangeAsync(TestHost.OneEndPoint("echo"));

        Assert.Single(host.Server.EndPoints);
        await host.AssertEchoesAsync();
    }

    [Fact]
    public async Task Wrong_configuration_is_refused_as_a_whole_until_a_good_one_comes()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));

        var line = await host.ChangeAndExpectRefusalAsync("""
            { "Sockeye": { "MaxConections": 5, "ShutdownTimeout": "30", "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "hello" },
                "b": { "Listen": "localhost:99999", "Handler": "helo" } } } }
            """);

        Assert.Contains("Sockeye:MaxConections is not a setting", line, StringComparison.Ordinal);
        Assert.Contains("Sockeye:ShutdownTimeout is \"30\"", line, StringComparison.Ordinal);
        Assert.Contains("Sockeye:EndPoints:b:Listen is \"localhost:99999\"", line, StringComparison.Ordinal);
        Assert.Contains("Sockeye:EndPoints:b:Handler is \"helo\"", line, StringComparison.Ordinal);
        Assert.Equal(4, host.Hosted.RefusedReload.Count);
        await host.AssertEchoesAsync();

        // The old one again is a good one, too.
        await host.ChangeAsync(TestHost.OneEndPoint("echo"));
        Assert.Empty(host.Hosted.RefusedReload);
        await host.AssertEchoesAsync();
    }

    [Fact]
    public async Task Address_that_is_taken_is_refused_and_said_so()
    {
        await using var other = await TestHost.StartAsync(TestHost.OneEndPoint("hello"));
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));
        var taken = $"{other.Server.EndPoints[0]}";

        var line = await host.ChangeAndExpectRefusalAsync($$"""
            { "Sockeye": { "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "hello" },
                "b": { "Listen": "{{taken}}", "Handler": "hello" } } } }
            """);

        Assert.Contains(taken, line, StringComparison.Ordinal);
        Assert.Single(host.Server.EndPoints);
        await host.AssertEchoesAsync();
    }

    [Fact]
    public async Task Configuration_that_vanishes_does_not_take_the_endpoints_with_it()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));

        var line = await host.ChangeAndExpectRefusalAsync("{ }");

        Assert.Contains("Sockeye is no longer in the configuration", line, StringComparison.Ordinal);
        await host.AssertEchoesAsync();
    }

    [Fact]
    public async Task Code_that_throws_at_a_reload_is_refused_with_its_message()
    {
        var broken = false;
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("x"), server => server.AddHandler("x", listen =>
        {
            if (broken)
                throw new NotSupportedException("no such thing");
            listen.Run(ConnectionText.Echo);
        }));
        broken = true;

        Assert.Contains(
            "no such thing", await host.ChangeAndExpectRefusalAsync(TestHost.OneEndPoint("x", """, "MaxConnections": 1""")));
        await host.AssertEchoesAsync();
    }

    [Fact]
    public async Task Change_of_other_settings_reloads_nothing()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));

        host.ChangeNothing(TestHost.OneEndPoint("echo").Replace("{ \"Sockeye\"", "{ \"Other\": 1, \"Sockeye\""));
        await host.ChangeAsync(TestHost.OneEndPoint("hello"));

        Assert.Single(host.Log.WithId(1004));
    }

    [Fact]
    public async Task Limits_change_and_count_open_connections()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));
        await using var open = await host.ConnectAsync();
        await open.SendAsync("x");
        await open.ReadAsync(1).Within();

        await host.ChangeAsync(TestHost.OneEndPoint("echo", """, "MaxConnections": 1"""));

        await host.AssertResetsAsync();
        Assert.Equal(["UseConnectionLimit(1)"], host.Server.GetListeners()[0].Middleware);
    }

    [Fact]
    public async Task Reloads_are_counted_and_a_refusal_shows_until_it_is_mended()
    {
        var (counts, refused) = (new Dictionary<string, long>(), 0);
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Sockeye.Hosting")
                    listener.EnableMeasurementEvents(instrument, null);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            lock (counts)
                counts[$"{tags[1].Value}"] = counts.GetValueOrDefault($"{tags[1].Value}") + value;
        });
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => refused += value);
        listener.Start();

        await host.ChangeAndExpectRefusalAsync(TestHost.OneEndPoint("unknown"));
        listener.RecordObservableInstruments();
        Assert.True(refused >= 1);
        await host.ChangeAsync(TestHost.OneEndPoint("hello"));

        Assert.True(counts["refused"] >= 1 && counts["applied"] >= 1);
    }

    [Fact]
    public async Task Listener_of_the_meter_that_throws_keeps_neither_the_next_reload_nor_the_stop()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Sockeye.Hosting")
                    listener.EnableMeasurementEvents(instrument, null);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("no disk"));
        listener.Start();

        await host.ChangeAndExpectRefusalAsync(TestHost.OneEndPoint("unknown"));
        await host.ChangeAsync(TestHost.OneEndPoint("hello"));
        Assert.Empty(host.Hosted.RefusedReload);
        await host.StopInOrderAsync();

        Assert.Single(host.Log.WithId(1001));
    }
}
