using Sockeye.Clustering;

namespace Sockeye.Hosting.Tests.Support;

/// <summary>An engine that reports what the test says.</summary>
internal sealed class SwitchedEngine(IClusterEngine engine) : IClusterEngine
{
    private ClusterEngineContext? _context;

    public string Name => engine.Name;

    public bool HasMembership => engine.HasMembership;

    public void Report(bool isConnected, string detail) => _context!.Events.OnConnectionChanged(isConnected, detail);

    public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken)
    {
        _context = context;
        return engine.StartAsync(context, cancellationToken);
    }

    public Task SubscribeAsync(string topic, CancellationToken cancellationToken) =>
        engine.SubscribeAsync(topic, cancellationToken);

    public void Unsubscribe(string topic) => engine.Unsubscribe(topic);

    public bool TryPublish(string topic, ReadOnlySpan<byte> frame) => engine.TryPublish(topic, frame);

    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) => engine.TrySend(node, frame);

    public bool TryAnnounce(ReadOnlySpan<byte> frame) => engine.TryAnnounce(frame);

    public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) =>
        engine.WaitForSpaceAsync(topic, cancellationToken);

    public ClusterEngineQueues GetQueues() => engine.GetQueues();

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}
