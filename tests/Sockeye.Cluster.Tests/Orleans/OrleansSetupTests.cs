using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

public sealed class OrleansSetupTests
{
    [Fact]
    public async Task Host_without_a_silo_is_named()
    {
        await using var services = new ServiceCollection().BuildServiceProvider();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestNode.StartDisconnectedAsync(new OrleansClusterEngine(services), "test", "n"));

        Assert.Contains("UseOrleans", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_that_is_not_prepared_is_named()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => silo.UseLocalhostClustering());
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestNode.StartDisconnectedAsync(new OrleansClusterEngine(host.Services), "test", "n"));

        Assert.Contains("UseSockeyeCluster", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_node_of_one_cluster_on_a_silo_is_an_error_until_the_first_has_ended()
    {
        await using var silo = await TestSilo.StartLocalAsync();
        var first = await TestNode.StartAsync(new OrleansClusterEngine(silo.Services), "test", "n");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestNode.StartDisconnectedAsync(new OrleansClusterEngine(silo.Services), "test", "n"));
        await first.DisposeAsync();
        await using var second = await TestNode.StartAsync(new OrleansClusterEngine(silo.Services), "test", "n");

        Assert.Contains("'test'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Node_timeout_sets_the_membership_and_its_detection_time()
    {
        var options = new ClusterMembershipOptions();

        MembershipTiming.Apply(options, TimeSpan.FromSeconds(4));

        Assert.Equal(TimeSpan.FromSeconds(0.8), options.ProbeTimeout);
        Assert.Equal(TimeSpan.FromSeconds(4), MembershipTiming.GetDetectionTimeout(options));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(601)]
    public void Node_timeout_out_of_range_is_named(double seconds)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => builder.UseOrleans(silo => silo.UseSockeyeCluster(TimeSpan.FromSeconds(seconds))));

        Assert.Equal("nodeTimeout", error.ParamName);
        Assert.Equal(TimeSpan.FromSeconds(seconds), error.ActualValue);
    }
}
