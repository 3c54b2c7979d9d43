using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

public sealed class ConnectionFeaturesTests
{
    private readonly MemoryConnection _owner = MemoryConnection.CreatePair().Client;

    private IFeatureCollection Features => _owner.Features;

    [Fact]
    public void A_connection_is_its_own_features()
    {
        Assert.Same(_owner, Features.Get<IConnectionIdFeature>());
        Assert.Same(_owner, Features[typeof(IConnectionEndPointFeature)]);
        Assert.Null(Features.Get<IConnectionSocketFeature>()); // it stands on no socket
        Assert.Null(Features[typeof(ITlsHandshakeFeature)]);
        Assert.False(Features.IsReadOnly);
    }

    [Fact]
    public void What_a_middleware_sets_lies_over_the_connections_own()
    {
        var id = new Id { ConnectionId = "outer" };
        Features.Set<IConnectionIdFeature>(id);
        Assert.Same(id, Features.Get<IConnectionIdFeature>());
        Assert.Same(id, Features[typeof(IConnectionIdFeature)]);
        Assert.Same(_owner, Features.Get<IConnectionItemsFeature>());
    }

    [Fact]
    public void A_feature_that_is_taken_away_stays_away()
    {
        Features.Set<IConnectionIdFeature>(null);
        Assert.Null(Features.Get<IConnectionIdFeature>());
        Assert.Null(Features[typeof(IConnectionIdFeature)]);
        Assert.DoesNotContain(Features, feature => feature.Key == typeof(IConnectionIdFeature));
    }

    [Fact]
    public void Every_change_raises_the_revision_so_that_caches_notice()
    {
        var before = Features.Revision;
        Features[typeof(string)] = "something else";
        Assert.True(Features.Revision > before);
        before = Features.Revision;
        Features.Set<IConnectionIdFeature>(null);
        Assert.True(Features.Revision > before);
    }

    [Fact]
    public void Listing_gives_every_feature_once_the_outermost()
    {
        var id = new Id { ConnectionId = "outer" };
        Features.Set<IConnectionIdFeature>(id);
        Features[typeof(string)] = "mine";
        var listed = Features.ToDictionary();
        Assert.Same(id, listed[typeof(IConnectionIdFeature)]);
        Assert.Equal("mine", listed[typeof(string)]);
        Assert.Same(_owner, listed[typeof(IConnectionTransportFeature)]);
        Assert.DoesNotContain(typeof(IConnectionSocketFeature), listed.Keys);
        Assert.All(listed, feature => Assert.True(feature.Key.IsInstanceOfType(feature.Value)));
    }

    private sealed class Id : IConnectionIdFeature
    {
        public string ConnectionId { get; set; } = "";
    }
}
