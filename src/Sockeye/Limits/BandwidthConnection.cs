using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection whose disposal first sends the written bytes at the limited rate.</summary>
internal sealed class BandwidthConnection : WrappingConnection, IConnectionLayerFeature
{
    private readonly BandwidthOutput _output;

    public BandwidthConnection(ConnectionContext inner, BandwidthOutput output) : base(inner)
    {
        _output = output;
        inner.Features.Set<IConnectionLayerFeature>(this);
    }

    ConnectionContext IConnectionLayerFeature.Outermost => this;

    protected override async ValueTask BeforeDisposeAsync() => await _output.FinishAsync();
}
