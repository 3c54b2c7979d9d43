using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Sockeye.Clustering;

namespace Sockeye;

/// <summary>One node of a fleet: groups whose members are on several nodes. By default, the fleet is this process.</summary>
/// <remarks>
/// A program is written once, and grows by one line of its options that sets an engine, such as <c>UseNats</c>. Messages between
/// nodes arrive at most once, and in order for each sender and group. What is missed is detected and reported, and had again if
/// <see cref="ClusterGroupOptions.MaxReplayMessages"/> says so. docs/cluster.md has the promises.
/// <para>All members are safe for concurrent callers.</para>
/// </remarks>
public sealed class Cluster : IAsyncDisposable
{
    private readonly ClusterLink _link;
    private readonly ClusterParts _parts;
    private readonly FrameRouter _router;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _tickLock = new();
    private readonly LogThrottle _gapLog;
    private ITimer? _timer;
    private bool _isBeat = true;
    private int _isDisposed;

    private Cluster(ClusterOptions options, ClusterNode self)
    {
        _link = new(options, options.EngineFactory(), self, _stopping.Token);
        _parts = new(_link, OnGap);
        _router = new(_parts);
        _gapLog = new(_link.Time);
        _parts.Nodes.Changed = OnNodeChanged;
        _parts.Nodes.Forgotten = _parts.Groups.OnNodeForgotten;
    }

    /// <summary>Gets this run of this node.</summary>
    public ClusterNode Self => _link.Self;

    /// <summary>Gets the other nodes that are up, in the order of their names.</summary>
    public IReadOnlyList<ClusterNode> OtherNodes => _parts.Nodes.Up;

    /// <summary>Gets whether the engine can send to and receive from other nodes.</summary>
    public bool IsConnected => _router.Connection.IsConnected;

    /// <summary>Starts a node of a fleet of one, in this process.</summary>
    /// <param name="configure">Adds the types of messages, and changes the defaults.</param>
    /// <exception cref="InvalidOperationException">The options are invalid; the message says what to change.</exception>
    public static Cluster Local(Action<ClusterOptions> configure)
    {
        var options = Configure(configure);
        options.UseEngine(static () => new InProcessBus().CreateEngine());
        var start = StartAsync(options);
        Debug.Assert(start.IsCompleted, "The engine of one process starts without waiting.");
        return start.GetAwaiter().GetResult();
    }

    /// <summary>Starts a node. It does not wait for other nodes, or for a server of the engine that is away.</summary>
    /// <param name="configure">Sets the engine, adds the types of messages, and changes the defaults.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">The options are invalid; the message says what to change.</exception>
    public static Task<Cluster> StartAsync(Action<ClusterOptions> configure, CancellationToken cancellationToken = default) =>
        StartAsync(Configure(configure), cancellationToken);

    /// <inheritdoc cref="StartAsync(Action{ClusterOptions}, CancellationToken)"/>
    /// <param name="options">The options, which the cluster copies.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<Cluster> StartAsync(ClusterOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        var incarnation = options.Random?.NextInt64(1, long.MaxValue)
            ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        var cluster = new Cluster(options, new(options.NodeName, unchecked((ulong)incarnation)));
        try
        {
            await cluster.StartAsync(cancellationToken);
            return cluster;
        }
        catch (Exception)
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the group of a name. Equal names are one group on all nodes of the cluster.</summary>
    /// <typeparam name="TMessage">The message, which <see cref="ClusterOptions.AddMessage"/> has added.</typeparam>
    /// <param name="name">The name: 1 to 512 bytes of UTF-8.</param>
    /// <param name="options">The options, equal wherever the group is used. Null:
    /// <see cref="ClusterOptions.GroupOptions"/>.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    /// <exception cref="InvalidOperationException">The cluster does not have the type of message; or, from members of the group,
    /// the group is in use with another type or other options.</exception>
    public ClusterGroup<TMessage> Group<TMessage>(string name, ClusterGroupOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Encoding.UTF8.GetByteCount(name) > GroupDirectory.MaxNameBytes)
        {
            throw new ArgumentException(
                $"The name of a group has {Encoding.UTF8.GetByteCount(name)} bytes of UTF-8; the maximum is "
                + $"{GroupDirectory.MaxNameBytes}: \"{name[..64]}…\"",
                nameof(name));
        }

        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        var codec = (Codec<TMessage>)GetMessageType<TMessage>().Codec;
        return new(_parts, name, codec, (options ?? _link.Options.GroupOptions).Copy());
    }

    /// <summary>Makes a connection of this node addressable: by its id, and by its user if there is one. It ends with the
    /// connection. A connection that joins a group is registered already; call this to add its user.</summary>
    /// <typeparam name="TIn">The message that the peer sends.</typeparam>
    /// <typeparam name="TOut">The message that the peer receives.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="user">The user, as the program knows it, such as an account. One user may have several connections on several
    /// nodes. Null: none.</param>
    /// <returns>The id of the connection in the cluster, for any node.</returns>
    /// <exception cref="InvalidOperationException">The connection is registered with another user or another type of message.
    /// </exception>
    public string Register<TIn, TOut>(MessageConnection<TIn, TOut> connection, string? user = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _parts.Connections.Register(connection.Writer, user);
        return ConnectionIds.Format(connection.ConnectionId, Self);
    }

    /// <summary>Sends a message to one connection on any node. Never waits for the peer: the message is queued for it, as
    /// messages of groups are, and in no order with them.</summary>
    /// <typeparam name="TMessage">The message, which <see cref="ClusterOptions.AddMessage"/> has added.</typeparam>
    /// <param name="connectionId">The id that <see cref="Register"/> has returned.</param>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <param name="cancellationToken">Cancels the wait for the other node's answer. The message may be queued
    /// nevertheless.</param>
    /// <returns>The fate of the message.</returns>
    /// <exception cref="ArgumentException">The text is not an id.</exception>
    /// <exception cref="FrameException">The codec rejects the message.</exception>
    /// <exception cref="InvalidOperationException">The cluster does not have the type of message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ClusterSendResult> SendAsync<TMessage>(
        string connectionId, TMessage message, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(message);
        return _parts.Direct.SendAsync(connectionId, message, GetMessageType<TMessage>(), cancellationToken);
    }

    /// <summary>Sends a message to all connections of a user, on all nodes: one message for each node that has some. From the
    /// first call on, this node follows the users of the others.</summary>
    /// <typeparam name="TMessage">The message, which <see cref="ClusterOptions.AddMessage"/> has added.</typeparam>
    /// <param name="user">The user, as passed to <see cref="Register"/>.</param>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <param name="cancellationToken">Cancels the wait for answers. The message may be queued nevertheless.</param>
    /// <returns>The number of connections, and the nodes that have not answered.</returns>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public Task<ClusterUserSendResult> SendToUserAsync<TMessage>(
        string user, TMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        NullMessage.ThrowIfNull(message);
        return _parts.Direct.SendToUserAsync(user, message, GetMessageType<TMessage>(), cancellationToken);
    }

    /// <summary>Ends a connection on any node at once, with a reset (RST). Its close reason contains the given one.</summary>
    /// <param name="connectionId">The id that <see cref="Register"/> has returned.</param>
    /// <param name="reason">The reason, for the log of the connection's node.</param>
    /// <param name="cancellationToken">Cancels the wait for the other node's answer.</param>
    /// <returns><see cref="ClusterSendResult.Queued"/> if the connection was ended.</returns>
    /// <exception cref="ArgumentException">The text is not an id.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ClusterSendResult> AbortAsync(
        string connectionId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return _parts.Direct.AbortAsync(connectionId, reason, cancellationToken);
    }

    /// <summary>Ends all connections of a user on all nodes at once, with a reset (RST).</summary>
    /// <param name="user">The user.</param>
    /// <param name="reason">The reason, for the logs of the nodes.</param>
    /// <param name="cancellationToken">Cancels the wait for answers.</param>
    /// <returns>The number of connections, and the nodes that have not answered.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<ClusterUserSendResult> AbortUserAsync(string user, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentNullException.ThrowIfNull(reason);
        return _parts.Direct.AbortUserAsync(user, reason, cancellationToken);
    }

    /// <summary>Returns the connections of a user on all nodes.</summary>
    /// <param name="user">The user.</param>
    public ClusterPresence GetUserPresence(string user)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        return new(_parts, PresenceDirectory.UserKey(user));
    }

    /// <summary>Returns what this node sees and holds.</summary>
    public ClusterStatus GetStatus()
    {
        var (isConnected, detail) = _router.Connection;
        return new(isConnected, detail, OtherNodes, _parts.Counters.Counts, _link.Engine.GetQueues());
    }

    /// <summary>Asks all nodes what they hold.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>This node, then the others that are up, in the order of their names.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IReadOnlyList<ClusterNodeStatus>> GetFleetAsync(CancellationToken cancellationToken = default)
    {
        var all = OtherNodes.Prepend(Self).ToList();
        var counts = await Task.WhenAll(all.Select(node => _parts.Queries.GetCountsAsync(node, cancellationToken)));
        return [.. all.Zip(counts, (node, held) => new ClusterNodeStatus(node, held))];
    }

    /// <summary>Leaves the fleet: says so to the other nodes, and ends the engine. Connections stay open. Safe to call more than
    /// once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
            _parts.Beats.Send(_parts.Heads.Announce(_link.BeginBeat()), isLeaving: true);
        }

        ClusterMetrics.Remove(this);
        _stopping.Cancel();
        _parts.Direct.Requests.EndAll();
        _parts.Queries.Requests.EndAll();
        await _link.Engine.DisposeAsync();
        _stopping.Dispose();
    }

    private static ClusterOptions Configure(Action<ClusterOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ClusterOptions();
        configure(options);
        return options;
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var options = _link.Options;
        await _link.Engine.StartAsync(
            new()
            {
                ClusterName = options.Name,
                Self = Self,
                Events = _router,
                MaxQueuedBytes = options.MaxQueuedBytes,
                SlowNode = options.SlowNode,
                NodeTimeout = options.NodeTimeout,
                TimeProvider = options.TimeProvider,
                LoggerFactory = options.LoggerFactory,
            },
            cancellationToken);
        ClusterMetrics.Add(this);
        ClusterLog.Started(_link.Logger, Self, options.Name, _link.Engine.Name);
        _parts.Beat();
        _timer = _link.Time.CreateTimer(
            static cluster => ((Cluster)cluster!).Tick(), this, options.BeatInterval / 2, options.BeatInterval / 2);
    }

    private ClusterMessageType GetMessageType<TMessage>() => _link.Options.Messages.TryGetValue(typeof(TMessage), out var message)
        ? message
        : throw new InvalidOperationException(
            $"The cluster has no message of the type {typeof(TMessage)}: add it with ClusterOptions.AddMessage.");

    /// <summary>The regular work: checks twice, and announces once, in each interval.</summary>
    private void Tick()
    {
        if (!_tickLock.TryEnter())
            return; // The previous one is late.
        try
        {
            _parts.Check();
            _isBeat = !_isBeat;
            if (!_isBeat)
                _parts.Beat();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            ClusterLog.TickFailed(_link.Logger, error);
        }
        finally
        {
            _tickLock.Exit();
        }
    }

    private void OnNodeChanged(ClusterNodeChange change)
    {
        switch (change.Kind)
        {
            case ClusterNodeChangeKind.Joined:
                ClusterLog.Joined(_link.Logger, change.Node);
                break;
            case ClusterNodeChangeKind.Returned:
                ClusterLog.Returned(_link.Logger, change.Node);
                break;
            case ClusterNodeChangeKind.Left:
                ClusterLog.Left(_link.Logger, change.Node);
                break;
            default:
                ClusterLog.Lost(_link.Logger, change.Node);
                break;
        }

        _parts.OnNodeChanged(change);
        Call(_link.Options.OnNodeChanged, change, nameof(ClusterOptions.OnNodeChanged));
    }

    private void OnGap(GroupGap gap)
    {
        ClusterMetrics.OnGap(gap.Count);
        _parts.Counters.OnMissed(gap.Count);
        if (_gapLog.TryLog(out var gaps))
            ClusterLog.Gap(_link.Logger, gap.Group, gap.Count, gap.NodeName, gap.First.Number, gap.Reason, gaps);
        Call(_link.Options.OnGap, gap, nameof(ClusterOptions.OnGap));
    }

    private void Call<T>(Action<T>? function, T argument, string name)
    {
        try
        {
            function?.Invoke(argument);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            ClusterLog.CallbackFailed(_link.Logger, name, error);
        }
    }
}
