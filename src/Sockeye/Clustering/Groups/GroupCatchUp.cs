namespace Sockeye.Clustering;

/// <summary>The messages that other nodes keep, collected for one connection that joins with a position. The lock of the group
/// guards it.</summary>
internal sealed class GroupCatchUp(ulong id, IEnumerable<ulong> nodes)
{
    private readonly HashSet<ulong> _unanswered = [.. nodes];
    private readonly Dictionary<(ulong Sender, uint Series), SortedDictionary<ulong, PooledBuffer>> _messages = [];
    private readonly Dictionary<ulong, GroupHead> _heads = [];
    private readonly HashSet<ulong> _askedForStart = [];
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ulong Id => id;

    /// <summary>The nodes that have answered.</summary>
    public HashSet<ulong> Answered { get; } = [];

    /// <summary>The nodes that have not answered.</summary>
    public IReadOnlyCollection<ulong> Unanswered => _unanswered;

    /// <summary>The last message of each sender, as the answers say.</summary>
    public IReadOnlyDictionary<ulong, GroupHead> Heads => _heads;

    /// <summary>Asks the nodes.</summary>
    public void Ask(ClusterLink link, NodeTable nodes, string topic, GroupPosition since, GroupReceiver receiver)
    {
        foreach (var incarnation in _unanswered.ToList())
        {
            if (nodes.Find(incarnation) is not { } node)
            {
                _unanswered.Remove(incarnation);
                continue;
            }

            if (receiver.GetStartBeat(incarnation) is not null)
                _askedForStart.Add(incarnation);
            CatchUpFrames.SendRequest(link, nodes, node, topic, id, since, receiver);
        }

        CompleteIfAnswered();
    }

    /// <summary>Whether a sender itself has said which of its messages is the first for members that were here before.</summary>
    public bool HasStart(ulong sender) => Answered.Contains(sender) && _askedForStart.Contains(sender);

    /// <summary>A message that a node keeps.</summary>
    public void OnMessage(ref FrameReader frame, int maxMessages)
    {
        var (sender, series, number) = (frame.ReadFixed(), frame.ReadSeries(), frame.ReadCount());
        if (!_messages.TryGetValue((sender, series), out var messages))
            _messages.Add((sender, series), messages = []);
        if (messages.Count >= maxMessages || messages.ContainsKey(number))
            return; // Two nodes keep messages of a lost one.
        messages.Add(number, PooledBuffer.CopyOf(frame.Rest));
    }

    /// <summary>A node has answered.</summary>
    public void OnEnd(ulong node, ref FrameReader frame)
    {
        while (!frame.IsAtEnd)
        {
            var (sender, head) = (frame.ReadFixed(), new GroupHead(frame.ReadSeries(), frame.ReadCount(), frame.ReadCount()));
            if (head.Before > head.Last)
                throw new InvalidDataException($"a head was {head.Before} before it was {head.Last}");
            if (!_heads.TryGetValue(sender, out var known) || (head.Series, head.Last).CompareTo((known.Series, known.Last)) > 0)
                _heads[sender] = head;
        }

        if (_unanswered.Remove(node))
            Answered.Add(node);
        CompleteIfAnswered();
    }

    /// <summary>Returns the messages of a sender that have arrived, in order. They belong to this object.</summary>
    public IEnumerable<KeyValuePair<ulong, PooledBuffer>> MessagesOf(ulong sender, uint series) =>
        _messages.TryGetValue((sender, series), out var messages) ? messages : [];

    /// <summary>Completes when all nodes have answered, or after a time.</summary>
    public async Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await _answered.Task.WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The result says which nodes have not answered.
        }
    }

    public void Release()
    {
        foreach (var payload in _messages.Values.SelectMany(messages => messages.Values))
            payload.Release();
        _messages.Clear();
    }

    private void CompleteIfAnswered()
    {
        if (_unanswered.Count == 0)
            _answered.TrySetResult();
    }
}
