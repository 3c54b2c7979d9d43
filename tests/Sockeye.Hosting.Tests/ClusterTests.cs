using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Sockeye.Clustering;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>A cluster in the host: its life, its settings and its health.</summary>
public sealed class ClusterTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100);

    [Fact]
    public async Task Handlers_of_two_hosts_share_a_group()
    {
        var bus = new InProcessBus();
        await using var one = await StartAsync(bus, Room("n1"));
        await using var two = await StartAsync(bus, Room("n2"));
        var cluster = one.Services.GetRequiredService<Cluster>();
        await using var client = await one.ConnectAsync();
        await client.SendAsync("x\n");
        Assert.Equal("x\n", await client.ReadAsync(2).Within());

        two.Services.GetRequiredService<Cluster>().Group<string>("room").Broadcast("hello");

        Assert.Equal("hello\n", await client.ReadAsync(6).Within());
        Assert.Equal("n1", cluster.Self.Name);
        Assert.Equal(["n2"], cluster.OtherNodes.Select(node => node.Name));
    }

    [Fact]
    public async Task Node_leaves_after_the_servers_of_its_host()
    {
        var bus = new InProcessBus();
        await using var one = await StartAsync(bus, Room("n1"));
        await using var two = await StartAsync(bus, Room("n2"));
        var changes = Channel.CreateUnbounded<ClusterNodeChangeKind>();
        await using var watcher = await Cluster.StartAsync(
            options =>
            {
                options.UseEngine(bus.CreateEngine);
                options.OnNodeChanged = change => changes.Writer.TryWrite(change.Kind);
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(ClusterNodeChangeKind.Joined, await NextAsync());
        Assert.Equal(ClusterNodeChangeKind.Joined, await NextAsync());

        await two.StopInOrderAsync();

        Assert.Equal(ClusterNodeChangeKind.Left, await NextAsync());
        Assert.Equal(["n1"], watcher.OtherNodes.Select(node => node.Name));

        Task<ClusterNodeChangeKind> NextAsync() => changes.Reader.ReadAsync().AsTask().Within();
    }

    [Fact]
    public async Task Cluster_is_not_there_before_the_start()
    {
        await using var host = CreateHost(new InProcessBus(), Room("n1"));

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<Cluster>());

        Assert.Contains("it starts with the host, before the servers", error.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task Health_follows_the_engine_and_names_the_way_it_is_reached()
    {
        var engine = new SwitchedEngine(new InProcessBus().CreateEngine());
        await using var host = CreateHost(() => engine, Room("n1"));
        await host.StartAsync();
        var connected = await CheckAsync(host);
        engine.Report(false, "127.0.0.1:4222 refuses connections");
        var away = await CheckAsync(host);
        engine.Report(true, "back");

        Assert.Equal(HealthStatus.Healthy, connected.Status);
        Assert.Equal((1, 0L), (connected.Data["nodes"], connected.Data["missedMessages"]));
        Assert.Equal(HealthStatus.Degraded, away.Status);
        Assert.Contains("127.0.0.1:4222 refuses connections", away.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
    }

    [Theory]
    [InlineData("\"BeatIntervall\": \"1s\"", "SockeyeCluster:BeatIntervall is not a setting. There are: BeatInterval, ")]
    [InlineData("\"NodeTimeout\": \"4\"", "SockeyeCluster:NodeTimeout is \"4\": write a time as ")]
    [InlineData("\"NodeTimeout\": \"1h\"", "SockeyeCluster:NodeTimeout is \"1h\": ")]
    [InlineData("\"SlowNode\": \"Never\"", "SockeyeCluster:SlowNode is \"Never\": write Drop, Disconnect or Wait.")]
    [InlineData("\"SlowNode\": \"1\"", "SockeyeCluster:SlowNode is \"1\": write ")]
    [InlineData("\"Name\": \"a.b\"", "SockeyeCluster:Name is \"a.b\": ")]
    [InlineData("\"Groups\": { \"MaxQueuedMessages\": \"0\" }", "SockeyeCluster:Groups:MaxQueuedMessages is \"0\": ")]
    [InlineData("\"Groups\": { \"Queue\": \"1\" }", "SockeyeCluster:Groups:Queue is not a setting. There are: ")]
    public async Task Invalid_setting_fails_the_start_and_is_named(string setting, string error)
    {
        await using var host = CreateHost(new InProcessBus(), $$"""{ "SockeyeCluster": { {{setting}} } }""");

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);

        Assert.StartsWith(error, Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_setting_reaches_its_option()
    {
        ClusterOptions? used = null;
        await using var host = new TestHost(
            """
            { "SockeyeCluster": { "Name": "shop", "NodeName": "till", "BeatInterval": "250ms", "NodeTimeout": "2s",
              "SendTimeout": "3s", "MaxQueuedBytes": "100000", "SlowNode": "wait",
              "Groups": { "MaxQueuedMessages": "7", "MaxReplayMessages": "8", "SlowMember": "Drop" } },
              "Sockeye": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } } }
            """,
            services: services => AddCluster(services, options => used = options));

        await host.StartAsync();

        Assert.NotNull(used);
        Assert.Equal(("shop", "till", SlowNodePolicy.Wait), (used.Name, used.NodeName, used.SlowNode));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)),
            (used.BeatInterval, used.NodeTimeout, used.SendTimeout));
        var groups = used.GroupOptions;
        Assert.Equal((100_000, 7, 8), (used.MaxQueuedBytes, groups.MaxQueuedMessages, groups.MaxReplayMessages));
        Assert.Equal(SlowMemberPolicy.Drop, used.GroupOptions.SlowMember);
    }

    [Fact]
    public async Task Failure_of_the_health_check_has_the_status_that_was_chosen()
    {
        await using var host = new TestHost(Room("n1"), services: services =>
        {
            services.AddSockeyeCluster(options => options.AddMessage(Lines));
            services.AddHealthChecks().AddSockeyeCluster(configure: health => health.FailureStatus = HealthStatus.Degraded);
        });

        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(host)).Status);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClusterHealthOptions { FailureStatus = (HealthStatus)9 });
    }

    [Fact]
    public void Second_cluster_is_refused()
    {
        var services = new ServiceCollection();
        AddCluster(services, _ => { });

        var error = Assert.Throws<InvalidOperationException>(() => AddCluster(services, _ => { }));

        Assert.Equal("The host has a cluster already: call AddSockeyeCluster once.", error.Message);
    }

    private static string Room(string node) => $$"""
        { "SockeyeCluster": { "NodeName": "{{node}}", "BeatInterval": "100ms" },
          "Sockeye": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "room" } } } }
        """;

    private static void AddCluster(IServiceCollection services, Action<ClusterOptions> configure)
    {
        services.AddSockeyeCluster(options =>
        {
            options.AddMessage(Lines);
            configure(options);
        });
        services.AddHealthChecks().AddSockeyeCluster();
    }

    private static TestHost CreateHost(InProcessBus bus, string json) => CreateHost(bus.CreateEngine, json);

    private static TestHost CreateHost(Func<IClusterEngine> createEngine, string json) => new(
        json,
        server => server.AddHandler("room", listen => listen.Run(Lines, async user =>
        {
            var room = listen.ApplicationServices.GetRequiredService<Cluster>().Group<string>("room");
            await room.JoinAsync(user, GroupPosition.Start);
            await foreach (var line in user.ReadAllAsync())
                room.Broadcast(line);
        })),
        services => AddCluster(services, options => options.UseEngine(createEngine)));

    private static async Task<TestHost> StartAsync(InProcessBus bus, string json)
    {
        var host = CreateHost(bus, json);
        await host.StartAsync();
        return host;
    }

    private static async Task<HealthReportEntry> CheckAsync(TestHost host)
    {
        var report = await host.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(check => check.Name == "SockeyeCluster", TestContext.Current.CancellationToken);
        return report.Entries["SockeyeCluster"];
    }
}
