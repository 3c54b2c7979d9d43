using Sockeye.Clustering;

namespace Sockeye;

/// <summary>A group of connections on all nodes of a cluster that receive the same messages. <see cref="Cluster.Group"/> returns
/// it.</summary>
/// <remarks>
/// Members join and leave on their own node. A message is encoded once for each codec, reaches members on the sender's node
/// first, without leaving it, and every other node that has members once. Like a <see cref="MessageGroup{TMessage}"/>, each node
/// queues messages for each of its members.
/// <para>All members are safe to call concurrently. The object is small: keep it, or ask for it again by its name.</para>
/// </remarks>
/// <typeparam name="TMessage">The message.</typeparam>
public sealed class ClusterGroup<TMessage>
{
    private readonly ClusterParts _parts;
    private readonly Codec<TMessage> _codec;
    private readonly ClusterGroupOptions _options;

    internal ClusterGroup(ClusterParts parts, string name, Codec<TMessage> codec, ClusterGroupOptions options) =>
        (_parts, Name, _codec, _options) = (parts, name, codec, options);

    /// <summary>Gets the name of the group.</summary>
    public string Name { get; }

    /// <summary>Gets the number of members on this node.</summary>
    public int LocalCount => Topic.Members.Count;

    /// <inheritdoc cref="MessageGroup{TMessage}.Dropped"/>
    public long Dropped => Topic.Members.Dropped;

    /// <summary>Gets the last message of each sending node that the members on this node have received.</summary>
    public GroupPosition Position => Topic.Position;

    /// <summary>Gets the members on all nodes.</summary>
    public ClusterPresence Presence => new(_parts, PresenceDirectory.GroupKey(Name));

    private GroupTopic<TMessage> Topic => _parts.Groups.GetOrAdd(Name, _codec, _options);

    /// <summary>Adds a connection of this node, which receives every later message of this node, and those of other nodes as soon
    /// as they know that this node has members. Has no effect if it is a member already, or has closed.</summary>
    /// <typeparam name="TIn">The message that the peer sends.</typeparam>
    /// <param name="connection">The new member.</param>
    public void Join<TIn>(MessageConnection<TIn, TMessage> connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _parts.Connections.Register(connection.Writer, user: null);
        while (!Topic.TryJoin(connection.Writer))
        {
            // The group ended in the meantime: take its successor.
        }
    }

    /// <summary>Adds a connection that was a member before, on this node or another one: it first receives the messages after its
    /// position that nodes still keep (<see cref="ClusterGroupOptions.MaxReplayMessages"/>), then every later message, none of
    /// them twice.</summary>
    /// <remarks>Waits for answers of the other nodes, at most <see cref="ClusterOptions.NodeTimeout"/>.</remarks>
    /// <typeparam name="TIn">The message that the peer sends.</typeparam>
    /// <param name="connection">The new member.</param>
    /// <param name="since">The position: the last messages that the peer has seen.</param>
    /// <param name="cancellationToken">Cancels the wait: the connection has not joined.</param>
    /// <returns>The messages that the connection has received again, and those that no node keeps.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<GroupJoinResult> JoinAsync<TIn>(
        MessageConnection<TIn, TMessage> connection, GroupPosition since, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(since);
        _parts.Connections.Register(connection.Writer, user: null);
        while (true)
        {
            if (await Topic.TryJoinAsync(connection.Writer, since, cancellationToken) is { } result)
                return result;
        }
    }

    /// <inheritdoc cref="MessageGroup{TMessage}.Leave{TIn}"/>
    public bool Leave<TIn>(MessageConnection<TIn, TMessage> connection) => Topic.Members.Leave(connection);

    /// <summary>Queues a message for every member on every node, and returns without waiting.</summary>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <returns>The stamp of the message.</returns>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">An encoder rejects the message. No member receives it.</exception>
    /// <exception cref="InvalidOperationException">The policy for slow members is <see cref="SlowMemberPolicy.Wait"/>, which
    /// needs
    /// <see cref="BroadcastAsync(TMessage, CancellationToken)"/>.</exception>
    public GroupStamp Broadcast(TMessage message)
    {
        NullMessage.ThrowIfNull(message);
        return Broadcast(message, static (message, _) => message, except: null);
    }

    /// <summary>Queues a message for every member except one on this node, such as the author of a chat message, and returns
    /// without waiting.</summary>
    /// <inheritdoc cref="Broadcast(TMessage)"/>
    /// <typeparam name="TIn">The message that the peer of the excepted connection sends.</typeparam>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <param name="except">The connection that does not receive it. It need not be a member.</param>
    public GroupStamp Broadcast<TIn>(TMessage message, MessageConnection<TIn, TMessage> except)
    {
        NullMessage.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(except);
        return Broadcast(message, static (message, _) => message, except.Writer);
    }

    /// <summary>Queues a message that contains its own stamp, so that receivers know their position.</summary>
    /// <inheritdoc cref="Broadcast(TMessage)"/>
    /// <param name="create">Returns the message for its stamp. It must not use the group: other messages wait for it.</param>
    public GroupStamp Broadcast(Func<GroupStamp, TMessage> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return Broadcast(create, static (create, stamp) => create(stamp), except: null);
    }

    /// <summary>Queues a message for every member on every node. Waits for slow members of this node
    /// (<see cref="SlowMemberPolicy.Wait"/>) and for room in the queues to other nodes
    /// (<see cref="SlowNodePolicy.Wait"/>), if the options say so; later calls wait behind it.</summary>
    /// <inheritdoc cref="Broadcast(TMessage)"/>
    /// <param name="message">The message, which is encoded after earlier broadcasts are queued.</param>
    /// <param name="cancellationToken">Cancels the wait. Before there is room in the queues to other nodes, no member receives
    /// the message; later, members of this node that were waited for miss it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<GroupStamp> BroadcastAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(message);
        return BroadcastAsync(message, static (message, _) => message, cancellationToken);
    }

    /// <inheritdoc cref="BroadcastAsync(TMessage, CancellationToken)"/>
    /// <param name="create">Returns the message for its stamp. It must not use the group: other messages wait for it.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public ValueTask<GroupStamp> BroadcastAsync(Func<GroupStamp, TMessage> create, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(create);
        return BroadcastAsync(create, static (create, stamp) => create(stamp), cancellationToken);
    }

    private GroupStamp Broadcast<TState>(
        TState state, Func<TState, GroupStamp, TMessage> create, MessageWriter<TMessage>? except)
    {
        while (true)
        {
            if (Topic.TryBroadcast(state, create, except) is { } stamp)
                return stamp;
        }
    }

    private async ValueTask<GroupStamp> BroadcastAsync<TState>(
        TState state, Func<TState, GroupStamp, TMessage> create, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await Topic.TryBroadcastAsync(state, create, cancellationToken) is { } stamp)
                return stamp;
        }
    }
}
