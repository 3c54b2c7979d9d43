using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>What the health check says, and when.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Server_is_healthy_from_its_start_to_its_stop()
    {
        await using var host = new TestHost(TestHost.OneEndPoint("echo"));
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Status);

        await host.StartAsync();
        var running = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, running.Status);
        Assert.Equal((0, 1), (running.Data["connections"], running.Data["listening"]));

        await host.StopInOrderAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task Server_whose_connections_are_all_taken_is_degraded_and_says_so()
    {
        await using var host = await TestHost.StartAsync("""
            { "Sockeye": { "MaxConnections": 1, "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } } }
            """);
        await using var client = await host.ConnectAsync();
        await client.SendAsync("x");
        await client.ReadAsync(1).Within();

        var full = await CheckAsync(host);

        Assert.Equal(HealthStatus.Degraded, full.Status);
        Assert.Contains("MaxConnections", full.Description, StringComparison.Ordinal);
        Assert.Equal((1, 1, 1.0), (full.Data["connections"], full.Data["maxConnections"], full.Data["level"]));
    }

    [Fact]
    public async Task Refused_configuration_degrades_until_a_good_one_comes()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"));

        await host.ChangeAndExpectRefusalAsync(TestHost.OneEndPoint("unknown"));
        var refused = await CheckAsync(host);
        await host.ChangeAsync(TestHost.OneEndPoint("hello"));

        Assert.Equal(HealthStatus.Degraded, refused.Status);
        Assert.Contains("Sockeye:EndPoints:a:Handler is \"unknown\"", refused.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task Server_that_listens_no_more_is_unhealthy_and_a_reload_mends_it()
    {
        var transport = new RecordingTransport();
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo"), server => server
            .Configure(options => options.Transport = transport)
            .AddHandler("echo", listen => listen.Run(ConnectionText.Echo)));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);

        await transport.Listeners[0].UnbindAsync(TestContext.Current.CancellationToken);
        await BoundedWait.Until(() => host.Log.WithId(1103).Any(), "its end was noticed");
        var ended = await CheckAsync(host);
        await host.ChangeAsync(TestHost.OneEndPoint("echo", """, "MaxConnections": 5"""));

        Assert.Equal(HealthStatus.Unhealthy, ended.Status);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
        await host.AssertEchoesAsync();
    }

    [Fact]
    public async Task Failure_has_the_status_that_was_chosen()
    {
        await using var host = new TestHost(TestHost.OneEndPoint("echo"), services: services => services
            .AddHealthChecks().AddSockeyeServer("Other", health => health.FailureStatus = HealthStatus.Degraded));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerHealthOptions { FailureStatus = (HealthStatus)9 });
        var registration = host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<HealthCheckServiceOptions>>()
            .Value.Registrations.Single(one => one.Name == "Other");
        var result = await new ServerHealthCheck(host.Hosted, 0.8).CheckHealthAsync(
            new() { Registration = registration }, TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Degraded, result.Status);
    }

    private static async Task<HealthReportEntry> CheckAsync(TestHost host)
    {
        var report = await host.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(TestContext.Current.CancellationToken);
        return report.Entries["Sockeye"];
    }
}
