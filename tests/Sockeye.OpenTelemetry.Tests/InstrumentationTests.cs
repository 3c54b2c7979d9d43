using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Sockeye.Testing;

namespace Sockeye.OpenTelemetry.Tests;

/// <summary>One call makes OpenTelemetry export what Sockeye reports.</summary>
public sealed partial class InstrumentationTests
{
    [Fact]
    public void Metrics_of_a_server_and_its_messages_are_exported()
    {
        List<Metric> exported = [];
        using (Sdk.CreateMeterProviderBuilder().AddSockeyeInstrumentation().AddInMemoryExporter(exported).Build())
            ServeOneClient();

        Assert.Equal(1, Sum(exported, "sockeye.server.connections.accepted"));
        Assert.Equal(1, Sum(exported, "sockeye.server.connections.closed"));
        Assert.Equal(4, Sum(exported, "sockeye.messages")); // Both ends send and receive one.
    }

    [Fact]
    public void Both_ends_of_a_connection_are_exported_as_traces()
    {
        List<Activity> exported = [];
        using (Sdk.CreateTracerProviderBuilder().AddSockeyeInstrumentation().AddInMemoryExporter(exported).Build())
            ServeOneClient();

        Assert.Equal(
            ["sockeye.client.connection", "sockeye.server.connection"],
            exported.Select(activity => activity.OperationName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Without_the_call_nothing_is_exported()
    {
        List<Metric> metrics = [];
        List<Activity> activities = [];
        using (Sdk.CreateMeterProviderBuilder().AddInMemoryExporter(metrics).Build())
        using (Sdk.CreateTracerProviderBuilder().AddInMemoryExporter(activities).Build())
            ServeOneClient();

        Assert.Empty(metrics);
        Assert.Empty(activities);
    }

    /// <summary>A meter or a source that the code creates, and that no call adds, would be missing without a sign.</summary>
    [Fact]
    public void Every_meter_and_source_in_the_code_is_added()
    {
        List<string> meters = [], sources = [];
        foreach (var file in Directory.EnumerateFiles(SourceFolder(), "*.cs", SearchOption.AllDirectories))
        {
            foreach (var match in Declaration().Matches(File.ReadAllText(file)).AsEnumerable())
                (match.Groups["type"].Value == nameof(Meter) ? meters : sources).Add(match.Groups["name"].Value);
        }

        Assert.Equal(meters.Order(StringComparer.Ordinal), Telemetry.Meters.Order(StringComparer.Ordinal));
        Assert.Equal(sources.Order(StringComparer.Ordinal), Telemetry.Sources.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Builder_that_is_null_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => ((MeterProviderBuilder)null!).AddSockeyeInstrumentation());
        Assert.Throws<ArgumentNullException>(() => ((TracerProviderBuilder)null!).AddSockeyeInstrumentation());
    }

    private static void ServeOneClient() => SimulatedNetwork.Run(1, async network =>
    {
        var (here, there, lines) = (network.AddHost("here"), network.AddHost("there"), Codec.Lines(maxLength: 100));
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = here;
            options.ListenAnyIP(7000).Run(lines, async peer =>
            {
                await foreach (var line in peer.ReadAllAsync())
                    await peer.WriteAsync(line);
            });
        }, CancellationToken.None);
        var client = new SockeyeClient(options => options.Transport = there);
        await using (var connection = await client.ConnectAsync("here", 7000, lines))
        {
            await connection.WriteAsync("x");
            Assert.Equal("x", await connection.ReadAllAsync().FirstAsync());
        }

        await server.StopAsync(CancellationToken.None);
    });

    private static long Sum(List<Metric> metrics, string name)
    {
        long sum = 0;
        foreach (var point in Assert.Single(metrics, metric => metric.Name == name).GetMetricPoints())
            sum += point.GetSumLong();
        return sum;
    }

    private static string SourceFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sockeye.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("Run this test inside a checkout.");
        return Path.Combine(folder.FullName, "src");
    }

    [GeneratedRegex("""\b(?<type>Meter|ActivitySource) \w+( \{ get; \})? = new\("(?<name>[^"]+)"\)""")]
    private static partial Regex Declaration();
}
