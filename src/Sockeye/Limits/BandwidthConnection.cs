using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>A connection whose disposal gives what was written its turn first.</summary>
/// <remarks>It shares everything with the one below, its pipes too, and is disposed in its place.</remarks>
internal sealed class BandwidthConnection : ConnectionContext, IConnectionLayerFeature
{
    private readonly ConnectionContext _inner;
    private readonly BandwidthOutput _output;

    public BandwidthConnection(ConnectionContext inner, BandwidthOutput output)
    {
        (_inner, _output) = (inner, output);
        inner.Features.Set<IConnectionLayerFeature>(this);
    }

    ConnectionContext IConnectionLayerFeature.Outermost => this;

    public override string ConnectionId { get => _inner.ConnectionId; set => _inner.ConnectionId = value; }

    public override IFeatureCollection Features => _inner.Features;

    public override IDictionary<object, object?> Items { get => _inner.Items; set => _inner.Items = value; }

    public override IDuplexPipe Transport { get => _inner.Transport; set => _inner.Transport = value; }

    public override EndPoint? LocalEndPoint { get => _inner.LocalEndPoint; set => _inner.LocalEndPoint = value; }

    public override EndPoint? RemoteEndPoint { get => _inner.RemoteEndPoint; set => _inner.RemoteEndPoint = value; }

    public override CancellationToken ConnectionClosed
    {
        get => _inner.ConnectionClosed;
        set => _inner.ConnectionClosed = value;
    }

    public override void Abort() => _inner.Abort();

    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        await _output.FinishAsync();
        await _inner.DisposeAsync();
    }
}
