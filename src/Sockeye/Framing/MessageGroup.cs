using System.Diagnostics;

namespace Sockeye;

/// <summary>A group of connections that receive the same messages: a chat room, the subscribers of a feed.</summary>
/// <remarks>
/// A broadcast is encoded once for each encoder among the members. Each member has a bounded queue, which its connection empties
/// in the background, so that members do not delay each other. <see cref="MessageGroupOptions.SlowMember"/> determines what
/// happens if a queue is full. Each member receives the messages in the order of the broadcasts, and never in the middle of
/// another message.
/// <para>A member whose connection closes or is disposed leaves the group, and its queued messages are lost.</para>
/// <para>All members are safe to call concurrently.</para>
/// </remarks>
/// <typeparam name="TMessage">The message.</typeparam>
/// <param name="options">The options, which are copied. Null: the defaults.</param>
public sealed class MessageGroup<TMessage>(MessageGroupOptions? options) : IGroupGauge
{
    private readonly int _queueLimit = (options ??= new()).MaxQueuedMessages;
    private readonly SlowMemberPolicy _slowMember = options.SlowMember;
    private readonly Lock _lock = new();
    private readonly Dictionary<MessageWriter<TMessage>, GroupMember<TMessage>> _members = [];
    private readonly Dictionary<IFrameEncoder<TMessage>, BroadcastEncoding<TMessage>> _encodings =
        new(ReferenceEqualityComparer.Instance);
    private readonly AsyncLock _broadcastLock = new();
    private long _dropped;

    /// <summary>Creates a group with the default options.</summary>
    public MessageGroup()
        : this(null)
    {
    }

    /// <summary>Gets the number of members.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _members.Count;
        }
    }

    /// <summary>
    /// Gets the number of messages that members have missed because their queue was full: with
    /// <see cref="SlowMemberPolicy.Drop"/>, and with <see cref="SlowMemberPolicy.Wait"/> if the wait was cancelled. A broadcast
    /// that two members miss counts twice.
    /// </summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Gets the observer of members. It is set before the group is used.</summary>
    internal IGroupObserver? Observer { get; init; }

    /// <summary>
    /// Adds a connection, which receives every later broadcast. Has no effect if it is a member already, or has closed.
    /// </summary>
    /// <typeparam name="TIn">The message that the peer sends.</typeparam>
    /// <param name="connection">The new member.</param>
    public void Join<TIn>(MessageConnection<TIn, TMessage> connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        Join(connection.Writer, first: [], codec: null);
    }

    /// <summary>Adds a connection that receives some messages before every later broadcast, even if its queue is short.</summary>
    /// <param name="writer">The new member.</param>
    /// <param name="first">The frames of the messages, which belong to the caller.</param>
    /// <param name="codec">The codec of the frames.</param>
    internal void Join(MessageWriter<TMessage> writer, IReadOnlyCollection<PooledBuffer> first, Codec<TMessage>? codec)
    {
        lock (_lock)
        {
            if (_members.ContainsKey(writer))
                return;
            var before = RemoveContinuedLocked(writer);
            if (!_encodings.TryGetValue(writer.Encoder, out var encoding))
                _encodings.Add(writer.Encoder, encoding = new(writer.Encoder));
            encoding.MemberCount++;
            var member = new GroupMember<TMessage>(this, writer, encoding, _queueLimit);
            _members.Add(writer, member);
            Observer?.OnJoined(writer.Connection);
            if (_members.Count == 1)
                MessageMetrics.Add(this);
            member.Queue.Allow(first.Count);
            foreach (var frame in first)
                EnqueueFirst(member, frame, codec!);
            before?.ContinueAs(member);
            // Inside the lock, which is re-entrant: a member that has closed already leaves before another thread sees it.
            member.LeaveOnClose();
            AssertConsistentLocked();
        }
    }

    /// <summary>
    /// Removes a connection. Messages that are queued for it are still sent, even if it joins again.
    /// </summary>
    /// <typeparam name="TIn">The message that the peer sends.</typeparam>
    /// <param name="connection">The member.</param>
    /// <returns>True if it was a member.</returns>
    public bool Leave<TIn>(MessageConnection<TIn, TMessage> connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        GroupMember<TMessage>? member;
        lock (_lock)
        {
            if (!_members.TryGetValue(connection.Writer, out member))
                return false;
            Remove(member);
        }

        member.Queue.Close();
        return true;
    }

    /// <summary>Queues a message for every member, and returns without waiting.</summary>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">An encoder rejects the message. No member receives it.</exception>
    /// <exception cref="InvalidOperationException">
    /// The policy is <see cref="SlowMemberPolicy.Wait"/>, which needs <see cref="BroadcastAsync"/>.
    /// </exception>
    public void Broadcast(TMessage message)
    {
        NullMessage.ThrowIfNull(message);
        var content = new BroadcastContent<TMessage>(message);
        Broadcast(ref content, except: null);
    }

    /// <summary>Queues a message for every member except one, such as the author of a chat message, and returns without
    /// waiting.</summary>
    /// <typeparam name="TIn">The message that the peer sends.</typeparam>
    /// <inheritdoc cref="Broadcast(TMessage)"/>
    /// <param name="message">The message, which is encoded during this call.</param>
    /// <param name="except">The connection that does not receive it. It need not be a member.</param>
    public void Broadcast<TIn>(TMessage message, MessageConnection<TIn, TMessage> except)
    {
        NullMessage.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(except);
        var content = new BroadcastContent<TMessage>(message);
        Broadcast(ref content, except.Writer);
    }

    /// <summary>
    /// Queues a message for every member. With <see cref="SlowMemberPolicy.Wait"/>, it waits until every queue has taken the
    /// message, and later broadcasts wait behind it. With the other policies it does not wait, like
    /// <see cref="Broadcast(TMessage)"/>.
    /// </summary>
    /// <param name="message">The message, which is encoded after earlier broadcasts are queued.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait. Members whose queue has room receive the message; the others miss it, which <see cref="Dropped"/>
    /// counts.
    /// </param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">An encoder rejects the message. No member receives it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask BroadcastAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(message);
        return BroadcastToAllAsync(message, cancellationToken);
    }

    /// <summary>Returns the members at this moment, in no order. A member may leave, and others join, meanwhile.</summary>
    /// <returns>A new list that does not change.</returns>
    public IReadOnlyList<IMessageOutput<TMessage>> GetMembers()
    {
        lock (_lock)
            return [.. _members.Keys.Select(writer => writer.Owner)];
    }

    (int Members, long Queued, int Longest) IGroupGauge.GetSnapshot()
    {
        lock (_lock)
        {
            var (queued, longest) = (0L, 0);
            foreach (var member in _members.Values)
                (queued, longest) = (queued + member.Queue.Count, Math.Max(longest, member.Queue.Count));
            return (_members.Count, queued, longest);
        }
    }

    internal void Remove(GroupMember<TMessage> member)
    {
        lock (_lock)
        {
            // It may have left and joined again, as another member.
            if (!_members.TryGetValue(member.Writer, out var current) || current != member)
                return;
            _members.Remove(member.Writer);
            Observer?.OnLeft(member.Writer.Connection);
            if (_members.Count == 0)
                MessageMetrics.Remove(this);
            if (--member.Encoding.MemberCount == 0)
                _encodings.Remove(member.Encoding.Encoder);
            AssertConsistentLocked();
        }

        member.Unregister();
    }

    /// <summary>Ends the membership of the connection that the new member continues, in the same step as that one joins, and
    /// with what waits for it. So it misses nothing, and gets nothing twice.</summary>
    private GroupMember<TMessage>? RemoveContinuedLocked(MessageWriter<TMessage> writer)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Members change only under the lock of the group.");
        if (writer.Connection.Move?.Continued?.ConnectionId is not { } id)
            return null;
        // None: the member was in another process, whose group is another object.
        var before = _members.Values.FirstOrDefault(
            other => other.Writer.Connection.ConnectionId == id && other.Writer.Connection.Move is { IsRequested: true });
        if (before is not null)
            Remove(before);
        return before;
    }

    private async ValueTask BroadcastToAllAsync(TMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_slowMember is not SlowMemberPolicy.Wait)
        {
            Broadcast(message);
            return;
        }

        await _broadcastLock.AcquireAsync(cancellationToken);
        try
        {
            if (Enqueue(message) is { } full)
                await EnqueueWhenFreeAsync(full, cancellationToken);
        }
        finally
        {
            _broadcastLock.Release();
        }
    }

    private static void EnqueueFirst(GroupMember<TMessage> member, PooledBuffer frame, Codec<TMessage> codec)
    {
        var content = new BroadcastContent<TMessage>(codec, frame);
        var encoded = content.GetFrame(member.Writer.Encoder);
        var isQueued = member.TryEnqueue(encoded);
        encoded.Release();
        Debug.Assert(isQueued, "The queue allows the first frames.");
    }

    private List<(GroupMember<TMessage> Member, PooledBuffer Frame)>? Enqueue(TMessage message)
    {
        var content = new BroadcastContent<TMessage>(message);
        return Enqueue(ref content, except: null);
    }

    /// <summary>Queues a message for every member but one, and returns without waiting.</summary>
    internal void Broadcast(ref BroadcastContent<TMessage> content, MessageWriter<TMessage>? except)
    {
        ThrowIfWaiting();
        if (Enqueue(ref content, except) is { } full)
            Disconnect(full);
    }

    /// <summary>Throws if the policy is one that a call which does not wait cannot follow.</summary>
    internal void ThrowIfWaiting()
    {
        if (_slowMember is SlowMemberPolicy.Wait)
        {
            throw new InvalidOperationException(
                "Broadcast cannot wait for slow members (SlowMemberPolicy.Wait). Await BroadcastAsync instead.");
        }
    }

    /// <summary>Ends the members whose queue was full, for <see cref="SlowMemberPolicy.Disconnect"/>.</summary>
    internal void Disconnect(List<(GroupMember<TMessage> Member, PooledBuffer Frame)> full)
    {
        Debug.Assert(_slowMember is SlowMemberPolicy.Disconnect, "Only this policy ends members.");
        // Outside the lock: an abort may run callbacks that use the group.
        foreach (var (member, frame) in full)
        {
            frame.Release();
            Remove(member);
            member.Writer.Connection.Abort(CloseReason.Local(
                CloseCause.Limit,
                $"the connection was too slow for its group: {_queueLimit} messages waited for it, "
                + "the most that MaxQueuedMessages allows"));
        }
    }

    internal bool Contains(MessageWriter<TMessage> writer)
    {
        lock (_lock)
            return _members.ContainsKey(writer);
    }

    /// <summary>Queues a message for every member whose queue has room.</summary>
    /// <param name="content">The message.</param>
    /// <param name="except">A member that does not receive it.</param>
    /// <param name="ahead">Members that have received it before.</param>
    /// <returns>The members whose queue is full and that must not miss the message, each with a frame to release; null if there
    /// are none.</returns>
    internal List<(GroupMember<TMessage> Member, PooledBuffer Frame)>? Enqueue(
        ref BroadcastContent<TMessage> content,
        MessageWriter<TMessage>? except,
        IReadOnlyCollection<MessageWriter<TMessage>>? ahead = null)
    {
        List<(GroupMember<TMessage>, PooledBuffer)>? full = null;
        lock (_lock)
        {
            try
            {
                foreach (var encoding in _encodings.Values)
                    encoding.Encode(ref content);
                foreach (var member in _members.Values)
                {
                    if (member.Writer == except || ahead?.Contains(member.Writer) is true)
                        continue;
                    var frame = member.Encoding.Frame;
                    if (member.TryEnqueue(frame))
                        continue;
                    if (_slowMember is SlowMemberPolicy.Drop)
                    {
                        Interlocked.Increment(ref _dropped);
                        MessageMetrics.OnDropped(1);
                        continue;
                    }

                    // Closed before it has room again, so that it does not receive a message after the missed one.
                    if (_slowMember is SlowMemberPolicy.Disconnect)
                        member.Queue.CloseAndDiscard();
                    frame.AddReference();
                    (full ??= []).Add((member, frame));
                }
            }
            finally
            {
                foreach (var encoding in _encodings.Values)
                    encoding.Release();
            }
        }

        return full;
    }

    /// <summary>Queues the frame for members whose queue was full, one after another, when each has room.</summary>
    internal async Task EnqueueWhenFreeAsync(
        List<(GroupMember<TMessage> Member, PooledBuffer Frame)> full, CancellationToken cancellationToken)
    {
        Debug.Assert(_slowMember is SlowMemberPolicy.Wait, "Only this policy waits for members.");
        var sent = 0;
        try
        {
            for (; sent < full.Count; sent++)
            {
                var (member, frame) = full[sent];
                while (!member.TryEnqueue(frame))
                    await (member.Successor ?? member).Queue.WaitForRoomAsync(cancellationToken);
            }
        }
        finally
        {
            Interlocked.Add(ref _dropped, full.Count - sent);
            if (sent < full.Count)
                MessageMetrics.OnDropped(full.Count - sent);
            foreach (var (_, frame) in full)
                frame.Release();
        }
    }

    [Conditional("DEBUG")]
    private void AssertConsistentLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Members change only under the lock of the group.");
        Debug.Assert(
            _encodings.Values.Sum(encoding => encoding.MemberCount) == _members.Count
                && _encodings.Values.All(encoding => encoding.MemberCount > 0),
            "Each member uses one encoding, and each encoding has a member.");
    }
}
