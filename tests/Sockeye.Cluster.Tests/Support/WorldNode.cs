namespace Sockeye.Clustering.Tests.Support;

/// <summary>A node of a test, with all that it reports.</summary>
internal sealed class WorldNode(ClusterWorld world)
{
    private readonly Lock _lock = new();
    private readonly List<GroupGap> _gaps = [];
    private readonly List<ClusterNodeChange> _changes = [];

    public Cluster Cluster { get; set; } = null!;

    public SpyEngine Engine { get; set; } = null!;

    public TestLog Log { get; } = new();

    public bool IsRunning { get; private set; } = true;

    public IReadOnlyList<GroupGap> Gaps
    {
        get
        {
            lock (_lock)
                return [.. _gaps];
        }
    }

    public IReadOnlyList<ClusterNodeChangeKind> Changes(string name)
    {
        lock (_lock)
            return [.. _changes.Where(change => change.Node.Name == name).Select(change => change.Kind)];
    }

    public ClusterGroup<string> Group(string name) => Cluster.Group<string>(name);

    public WorldMember NewMember(Codec<string>? codec = null) => new(codec ?? world.Codec);

    public WorldMember Join(string group, Codec<string>? codec = null)
    {
        var member = NewMember(codec);
        Group(group).Join(member.Messages);
        return member;
    }

    public void Add(GroupGap gap)
    {
        lock (_lock)
            _gaps.Add(gap);
    }

    public void Add(ClusterNodeChange change)
    {
        lock (_lock)
            _changes.Add(change);
    }

    public async Task StopAsync()
    {
        IsRunning = false;
        await Cluster.DisposeAsync();
    }
}

/// <summary>A connection whose received lines are kept.</summary>
internal sealed class WorldMember
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    public WorldMember(Codec<string> codec)
    {
        Connection = new(line =>
        {
            lock (_lock)
                _lines.Add(line);
        });
        Messages = Connection.AsMessages(codec);
    }

    public MemberConnection Connection { get; }

    public MessageConnection<string> Messages { get; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public void Clear()
    {
        lock (_lock)
            _lines.Clear();
    }
}

/// <summary>Lines, whose encoding and decoding is counted.</summary>
internal sealed class CountingCodec : Codec<string>
{
    private readonly Codec<string> _lines = Codec.Lines(maxLength: 10_000);
    private int _encoded;
    private int _decoded;

    public int Encoded => Volatile.Read(ref _encoded);

    public int Decoded => Volatile.Read(ref _decoded);

    public override bool TryDecode(ref System.Buffers.ReadOnlySequence<byte> input, out string message)
    {
        Interlocked.Increment(ref _decoded);
        return _lines.TryDecode(ref input, out message!);
    }

    public override void Encode(string message, System.Buffers.IBufferWriter<byte> output)
    {
        Interlocked.Increment(ref _encoded);
        _lines.Encode(message, output);
    }
}
