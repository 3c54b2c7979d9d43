using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>Carries frames between the nodes of a cluster by calls between the silos of Orleans.</summary>
/// <remarks>
/// Each process hosts a silo that <see cref="SiloBuilderClusterExtensions"/> has prepared. The membership of Orleans decides
/// which nodes exist. A grain for each topic knows which nodes subscribe. Publishers keep that list, so that a frame passes from
/// node to node in one call and not through the grain.
/// <para>Orleans does not support native AOT.</para>
/// </remarks>
public sealed class OrleansClusterEngine : IClusterEngine
{
    private readonly IServiceProvider _services;
    private readonly Lock _lock = new();
    private RunningEngine? _running;
    private Task? _disposing;

    /// <summary>Creates an engine on the silo of a host. It is for one start.</summary>
    /// <param name="serviceProvider">The services of the host with the silo.</param>
    public OrleansClusterEngine(IServiceProvider serviceProvider)
    {
        ArgumentNullException.ThrowIfNull(serviceProvider);
        _services = serviceProvider;
    }

    /// <inheritdoc/>
    public string Name => "orleans";

    /// <inheritdoc/>
    public bool HasMembership => true;

    private RunningEngine Running => Volatile.Read(ref _running)
        ?? throw new InvalidOperationException($"The engine is not started: call {nameof(StartAsync)} first.");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The host has no silo, or UseSockeyeCluster was not called for it, or the silo
    /// has a node of this cluster, or the engine was started before.</exception>
    public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposing is not null, this);
            if (_running is not null)
                throw new InvalidOperationException("The engine was started before: create another one for each start.");
            var running = Create(context);
            running.Start();
            Volatile.Write(ref _running, running);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposing) is not null, this);
        return Running.SubscribeAsync(topic, cancellationToken);
    }

    /// <inheritdoc/>
    public void Unsubscribe(string topic) => Running.Unsubscribe(topic);

    /// <inheritdoc/>
    public bool TryPublish(string topic, ReadOnlySpan<byte> frame) => Running.TryPublish(topic, frame);

    /// <inheritdoc/>
    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) => Running.TrySend(node, frame);

    /// <inheritdoc/>
    public bool TryAnnounce(ReadOnlySpan<byte> frame) => Running.TryAnnounce(frame);

    /// <inheritdoc/>
    public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) =>
        Running.WaitForSpaceAsync(topic, cancellationToken);

    /// <inheritdoc/>
    public ClusterEngineQueues GetQueues() => Running.GetQueues();

    /// <summary>Sends the frames that are queued, for up to 1 s, and leaves the cluster. The silo continues.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposing ??= _running?.StopAsync() ?? Task.CompletedTask;
            return new(_disposing);
        }
    }

    private RunningEngine Create(ClusterEngineContext context)
    {
        var silo = _services.GetService<ILocalSiloDetails>() ?? throw new InvalidOperationException(
            "The host has no silo: call UseOrleans on its builder, and UseSockeyeCluster on the builder of the silo.");
        var engines = _services.GetService<LocalEngines>() ?? throw new InvalidOperationException(
            $"Silo {silo.Name} is not prepared for clusters of Sockeye: call UseSockeyeCluster on its builder.");
        var log = context.LoggerFactory.CreateLogger<OrleansClusterEngine>();
        var membership = _services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        var detection = MembershipTiming.GetDetectionTimeout(membership);
        if (detection > context.NodeTimeout)
            EngineLog.SlowMembership(log, detection, context.NodeTimeout);
        var stopping = new CancellationTokenSource();
        var link = new EngineLink
        {
            Context = context,
            Self = new(silo.SiloAddress, engines.NextEpoch(), context.Self.Name, context.Self.Incarnation),
            Nodes = _services.GetRequiredService<ClusterNodeClient>(),
            Grains = _services.GetRequiredService<IGrainFactory>(),
            Membership = _services.GetRequiredService<IClusterMembershipService>(),
            Log = log,
            Stopping = stopping.Token,
        };
        return new(link, engines, stopping);
    }
}
