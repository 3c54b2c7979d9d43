namespace Sockeye;

/// <summary>Connections that get the same messages: a chat room, the subscribers of a feed.</summary>
/// <remarks>
/// A broadcast is encoded once for each codec among the members and shared by all of them. Every member has a bounded queue,
/// which its own connection empties in the background: members do not delay each other, and one whose queue is full is treated as
/// <see cref="MessageGroupOptions.SlowMember"/> says. Each member gets the messages in the order of the broadcasts, and never in
/// the middle of a message of its own.
/// <para>Members whose connection closes or is disposed leave by themselves, and what was queued for them is lost.</para>
/// <para>All of it is safe from many callers.</para>
/// </remarks>
/// <typeparam name="TMessage">The messages.</typeparam>
/// <param name="options">Default: 256 messages a member; a slow member is disconnected. Read once.</param>
public sealed class MessageGroup<TMessage>(MessageGroupOptions? options) : IGroupGauge
{
    private readonly int _queueLimit = (options ??= new()).MaxQueuedMessages;
    private readonly SlowMemberPolicy _slowMember = options.SlowMember;
    private readonly Lock _lock = new();
    private readonly Dictionary<MessageWriter<TMessage>, GroupMember<TMessage>> _members = [];
    private readonly Dictionary<Codec<TMessage>, BroadcastEncoding<TMessage>> _encodings =
        new(ReferenceEqualityComparer.Instance);
    private readonly AsyncLock _broadcastLock = new();
    private long _dropped;

    /// <summary>A group with the defaults: 256 messages a member; a slow member is disconnected.</summary>
    public MessageGroup()
        : this(null)
    {
    }

    /// <summary>How many members there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _members.Count;
        }
    }

    /// <summary>
    /// Messages that single members missed so far because their queue was full: under <see cref="SlowMemberPolicy.Drop"/>, and
    /// under <see cref="SlowMemberPolicy.Wait"/> where the waiting was cancelled. One broadcast that two members miss counts
    /// twice.
    /// </summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>
    /// Takes a connection in, which gets every broadcast from now on. One that is in, or has closed, changes nothing.
    /// </summary>
    /// <typeparam name="TIn">What the peer sends.</typeparam>
    /// <param name="connection">The new member.</param>
    public void Join<TIn>(MessageConnection<TIn, TMessage> connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var writer = connection.Writer;
        lock (_lock)
        {
            if (_members.ContainsKey(writer))
                return;
            if (!_encodings.TryGetValue(writer.Codec, out var encoding))
                _encodings.Add(writer.Codec, encoding = new(writer.Codec));
            encoding.MemberCount++;
            var member = new GroupMember<TMessage>(this, writer, encoding, _queueLimit);
            _members.Add(writer, member);
            if (_members.Count == 1)
                MessageMetrics.Add(this);
            // Inside the lock, which is re-entrant: nobody sees a member that has closed before it came in.
            member.LeaveOnClose();
        }
    }

    /// <summary>
    /// Lets a connection go. What is queued for it is still sent, also between later broadcasts if it joins again meanwhile.
    /// </summary>
    /// <typeparam name="TIn">What the peer sends.</typeparam>
    /// <param name="connection">The member.</param>
    /// <returns>Whether it was in.</returns>
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

    /// <summary>Queues a message for every member, and returns at once.</summary>
    /// <param name="message">The message; encoded during this call.</param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">A codec refuses the message. Nobody gets it.</exception>
    /// <exception cref="InvalidOperationException">
    /// The group waits for slow members, which only <see cref="BroadcastAsync"/> can do.
    /// </exception>
    public void Broadcast(TMessage message)
    {
        NullMessage.ThrowIfNull(message);
        BroadcastTo(message, except: null);
    }

    /// <summary>Queues a message for every member but one, as a chat does for who sent it, and returns at once.</summary>
    /// <typeparam name="TIn">What the peer sends.</typeparam>
    /// <inheritdoc cref="Broadcast(TMessage)"/>
    /// <param name="message">The message; encoded during this call.</param>
    /// <param name="except">Who does not get it; need not be a member.</param>
    public void Broadcast<TIn>(TMessage message, MessageConnection<TIn, TMessage> except)
    {
        NullMessage.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(except);
        BroadcastTo(message, except.Writer);
    }

    /// <summary>
    /// Queues a message for every member. Under <see cref="SlowMemberPolicy.Wait"/> it waits until there was room for it in every
    /// queue, and later broadcasts wait behind it; under the other policies it is over at once, as
    /// <see cref="Broadcast(TMessage)"/>.
    /// </summary>
    /// <param name="message">The message; encoded once it is its turn.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. Members with room have the message by then; those without it miss it, which <see cref="Dropped"/>
    /// counts.
    /// </param>
    /// <exception cref="ArgumentNullException">The message is null.</exception>
    /// <exception cref="FrameException">A codec refuses the message. Nobody gets it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask BroadcastAsync(TMessage message, CancellationToken cancellationToken = default)
    {
        NullMessage.ThrowIfNull(message);
        return BroadcastToAllAsync(message, cancellationToken);
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
            // It may have left already and joined anew, as another member.
            if (!_members.TryGetValue(member.Writer, out var current) || current != member)
                return;
            _members.Remove(member.Writer);
            if (_members.Count == 0)
                MessageMetrics.Remove(this);
            if (--member.Encoding.MemberCount == 0)
                _encodings.Remove(member.Encoding.Codec);
        }

        member.Unregister();
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

    private void BroadcastTo(TMessage message, MessageWriter<TMessage>? except)
    {
        if (_slowMember is SlowMemberPolicy.Wait)
        {
            throw new InvalidOperationException(
                "This group waits for slow members (SlowMemberPolicy.Wait), and Broadcast cannot wait: await BroadcastAsync.");
        }

        if (Enqueue(message, except) is not { } full)
            return;
        // Outside the lock: what an abort sets off may well look at the group.
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

    /// <summary>Queues a message for all who have room.</summary>
    /// <returns>Those who have none and must not miss it, each with a frame to release; null if there are none.</returns>
    private List<(GroupMember<TMessage> Member, PooledBuffer Frame)>? Enqueue(
        TMessage message, MessageWriter<TMessage>? except = null)
    {
        List<(GroupMember<TMessage>, PooledBuffer)>? full = null;
        lock (_lock)
        {
            try
            {
                foreach (var encoding in _encodings.Values)
                    encoding.Encode(message);
                foreach (var member in _members.Values)
                {
                    if (member.Writer == except)
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

                    // At once, before it has room again: a message behind the missed one must not go out.
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

    /// <summary>Sends to those who had no room, one after the other, as soon as they have.</summary>
    private async Task EnqueueWhenFreeAsync(
        List<(GroupMember<TMessage> Member, PooledBuffer Frame)> full, CancellationToken cancellationToken)
    {
        var sent = 0;
        try
        {
            for (; sent < full.Count; sent++)
            {
                var (member, frame) = full[sent];
                while (!member.TryEnqueue(frame))
                    await member.Queue.WaitForRoomAsync(cancellationToken);
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
}
