using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>Connects the nodes of a cluster by NATS servers.</summary>
/// <remarks>
/// A node has one connection to one server, one subscription for each topic that it asks for, one for itself and one for
/// announcements. The servers route a frame to the nodes that subscribe to its topic, and to no other. NATS delivers at most
/// once: what is on its way when a connection breaks is lost, and the engine reports that it connected again
/// (<see cref="IClusterEngineEvents.OnLoss"/>). Frames that are sent while the node has no connection wait, up to
/// <see cref="ClusterEngineContext.MaxQueuedBytes"/>.
/// <para>All members may be called from any thread, at the same time.</para>
/// </remarks>
public sealed class NatsClusterEngine : IClusterEngine
{
    private readonly NatsClusterOptions _options;
    private readonly Lock _lock = new();
    private volatile EngineParts? _parts;
    private LinkLoop? _loop;
    private Task? _disposing;

    /// <summary>Creates an engine. It connects when the cluster starts it.</summary>
    /// <param name="options">The options, which the engine copies.</param>
    public NatsClusterEngine(NatsClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Copy();
    }

    /// <summary>Creates an engine with default options.</summary>
    /// <param name="url">The servers: <see cref="NatsClusterOptions.Url"/>.</param>
    /// <exception cref="ArgumentException">An address is not valid; the message names it.</exception>
    public NatsClusterEngine(string url)
        : this(new NatsClusterOptions { Url = url })
    {
    }

    /// <inheritdoc/>
    public string Name => "nats";

    /// <summary>Gets whether the engine reports which nodes exist: false, since a NATS server reports none to other
    /// clients.</summary>
    public bool HasMembership => false;

    private EngineParts Parts =>
        _parts ?? throw new InvalidOperationException("The engine has not been started: the cluster calls StartAsync first.");

    /// <inheritdoc/>
    public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposing is not null, this);
            if (_parts is not null)
                throw new InvalidOperationException("The engine has been started: each cluster needs its own engine.");
            var opts = ConnectionOpts.Create(_options, context);
            var parts = new EngineParts(_options, opts, context);
            _loop = new(parts, FindServers(opts));
            _parts = parts;
            _loop.Start();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The topic is empty, longer than 512 bytes of UTF-8, or not valid text.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var parts = Parts;
        return parts.Subscriptions.Add(topic, FindSubject(parts, topic)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Unsubscribe(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Parts.Subscriptions.Remove(topic);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The topic is empty, longer than 512 bytes of UTF-8, or not valid text.</exception>
    public bool TryPublish(string topic, ReadOnlySpan<byte> frame)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var parts = Parts;
        return TryEnqueue(parts, FindSubject(parts, topic), frame);
    }

    /// <inheritdoc/>
    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame)
    {
        ArgumentNullException.ThrowIfNull(node);
        var parts = Parts;
        return TryEnqueue(parts, parts.Subjects.OfNode(node.Incarnation), frame);
    }

    /// <inheritdoc/>
    public bool TryAnnounce(ReadOnlySpan<byte> frame)
    {
        var parts = Parts;
        return TryEnqueue(parts, parts.Subjects.All, frame);
    }

    /// <inheritdoc/>
    public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) =>
        Parts.Queue.WaitForSpaceAsync(cancellationToken);

    /// <inheritdoc/>
    public ClusterEngineQueues GetQueues()
    {
        var parts = Parts;
        var state = parts.Queue.State;
        return state with { DroppedFrames = state.DroppedFrames + parts.DroppedFrames };
    }

    /// <summary>Sends what is queued, for at most one second, and closes the connection. Takes at most a few seconds, also if the
    /// server does not answer.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
            return new(_disposing ??= StopAsync());
    }

    private static bool TryEnqueue(EngineParts parts, string subject, ReadOnlySpan<byte> frame)
    {
        if (frame.Length + FrameHeader.Size <= parts.MaxMessage)
            return parts.Queue.TryEnqueue(subject, frame);
        parts.DropTooLarge(subject, frame.Length);
        return false;
    }

    private static string FindSubject(EngineParts parts, string topic) =>
        parts.Subscriptions.FindSubject(topic) ?? parts.Subjects.OfTopic(topic);

    private static IReadOnlyList<ServerAddress> FindServers(NatsOpts opts)
    {
        try
        {
            return ServerAddress.ParseList(opts.Url, nameof(opts.Url));
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException($"The NATS options of ConfigureConnection are wrong: {e.Message}", e);
        }
    }

    private async Task StopAsync()
    {
        if (_loop is null)
            return;
        await _loop.DisposeAsync();
        _parts!.Subscriptions.Close(new ObjectDisposedException(nameof(NatsClusterEngine)));
        _parts.Queue.Discard();
    }
}
