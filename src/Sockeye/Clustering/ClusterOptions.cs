using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sockeye.Clustering;

namespace Sockeye;

/// <summary>Options of a <see cref="Cluster"/>, which copies them when it starts.</summary>
public sealed class ClusterOptions
{
    private readonly Dictionary<Type, ClusterMessageType> _messages = [];

    /// <summary>Gets or sets the name of the cluster. Clusters with different names on the same servers do not see each other.
    /// Default: "sockeye". Range: 1 to 64 letters, digits, '-' and '_' of ASCII.</summary>
    /// <exception cref="ArgumentException">The name is empty, too long, or has another character.</exception>
    public string Name { get; set => field = ClusterNames.Check(value, nameof(Name)); } = "sockeye";

    /// <summary>Gets or sets the name of this node, for people. Two nodes may have the same name; a random number distinguishes
    /// them. Default: the name of the machine. Range: 1 to 64 letters, digits, '-' and '_' of ASCII.</summary>
    /// <exception cref="ArgumentException">The name is empty, too long, or has another character.</exception>
    public string NodeName { get; set => field = ClusterNames.Check(value, nameof(NodeName)); } = ClusterNames.OfMachine();

    /// <summary>Gets or sets the interval at which the node announces itself, and the numbers of its last messages. Default:
    /// 1 s. Range: 50 ms to 1 minute. A lost message that no other follows is detected after two intervals.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan BeatInterval
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
    } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the time after which a node that is silent is lost. Default: 4 s, so that a killed node is lost
    /// within 5 s. Range: 100 ms to 10 minutes, and at least twice <see cref="BeatInterval"/>. A short time loses nodes that
    /// pause, for example for a garbage collection.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan NodeTimeout
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(4);

    /// <summary>Gets or sets the maximum time for which a request to another node waits for its answer: an addressed send, a
    /// count, a page of members. Default: 5 s. Range: 10 ms to 10 minutes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan SendTimeout
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the maximum number of bytes that wait in each queue to another node, or to a server that routes.
    /// Default: 16 MiB. Range: 64 KiB to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxQueuedBytes { get; set => field = OptionChecks.InRange(value, 64L * 1024, 1L << 30); } = 16L * 1024 * 1024;

    /// <summary>Gets or sets the policy for a queue to another node that is full. Default: <see cref="SlowNodePolicy.Drop"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public SlowNodePolicy SlowNode { get; set => field = OptionChecks.Defined(value); }

    /// <summary>Gets or sets the options of groups for which <see cref="Cluster.Group{TMessage}(string, ClusterGroupOptions)"/>
    /// names no others. Default: the default options.</summary>
    public ClusterGroupOptions GroupOptions
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(GroupOptions));
    } = new();

    /// <summary>Gets or sets a function that is called when another node joins, leaves, is lost or returns. It must not block;
    /// an exception of it is logged. Default: null.</summary>
    public Action<ClusterNodeChange>? OnNodeChanged { get; set; }

    /// <summary>Gets or sets a function that is called when a group on this node has missed messages of another node. It must not
    /// block; an exception of it is logged. Default: null.</summary>
    public Action<GroupGap>? OnGap { get; set; }

    /// <summary>Gets or sets the factory of loggers. Default: no logging.</summary>
    public ILoggerFactory LoggerFactory
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(LoggerFactory));
    } = NullLoggerFactory.Instance;

    /// <summary>Gets or sets the clock. Default: the clock of the system.</summary>
    public TimeProvider TimeProvider
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(TimeProvider));
    } = TimeProvider.System;

    /// <summary>Gets or sets the source of the number that distinguishes this run of the node from all others. Default: null, the
    /// secure source of the system. For tests: a seeded source makes runs repeatable.</summary>
    public Random? Random { get; set; }

    internal Func<IClusterEngine> EngineFactory { get; private set; } = static () => new InProcessBus().CreateEngine();

    internal IReadOnlyDictionary<Type, ClusterMessageType> Messages => _messages;

    /// <summary>Adds a type of message that groups and addressed sends carry.</summary>
    /// <remarks>The codec writes the message between nodes. A connection that writes with the same codec object sends the bytes
    /// that arrive from another node as they are; for others, the message is decoded once and encoded once for each codec.
    /// </remarks>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="codec">Reads and writes the message, in the same way on every node.</param>
    /// <param name="name">The name of the type between nodes. Default: the name of the class. 1 to 64 letters, digits, '-' and
    /// '_' of ASCII.</param>
    /// <exception cref="ArgumentException">The type, or another type with this name, is added already.</exception>
    public void AddMessage<TMessage>(Codec<TMessage> codec, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(codec);
        name = ClusterNames.Check(name ?? ClusterNames.OfType(typeof(TMessage)), nameof(name));
        if (_messages.TryGetValue(typeof(TMessage), out var same))
        {
            throw new ArgumentException(
                $"{typeof(TMessage)} is a message of the cluster already, as \"{same.Name}\".", nameof(codec));
        }


        if (_messages.Values.FirstOrDefault(other => other.Name == name) is { } taken)
        {
            throw new ArgumentException(
                $"{taken.Type} has the name \"{name}\" already: pass another name for {typeof(TMessage)}.", nameof(name));
        }

        _messages.Add(typeof(TMessage), new(typeof(TMessage), name, codec));
    }

    /// <summary>Sets the engine that connects the nodes. Packages have their own methods for it, such as <c>UseNats</c>.
    /// Default: an engine for one node in this process.</summary>
    /// <param name="createEngine">Creates the engine when the cluster starts. The cluster disposes it.</param>
    public void UseEngine(Func<IClusterEngine> createEngine)
    {
        ArgumentNullException.ThrowIfNull(createEngine);
        EngineFactory = createEngine;
    }

    internal ClusterOptions Copy()
    {
        if (NodeTimeout < 2 * BeatInterval)
        {
            throw new InvalidOperationException(
                $"NodeTimeout is {NodeTimeout}, less than twice BeatInterval ({BeatInterval}): one late beat would lose a node. "
                + "Set a longer NodeTimeout or a shorter BeatInterval.");
        }

        var copy = new ClusterOptions
        {
            Name = Name,
            NodeName = NodeName,
            BeatInterval = BeatInterval,
            NodeTimeout = NodeTimeout,
            SendTimeout = SendTimeout,
            MaxQueuedBytes = MaxQueuedBytes,
            SlowNode = SlowNode,
            GroupOptions = GroupOptions.Copy(),
            OnNodeChanged = OnNodeChanged,
            OnGap = OnGap,
            LoggerFactory = LoggerFactory,
            TimeProvider = TimeProvider,
            Random = Random,
            EngineFactory = EngineFactory,
        };
        foreach (var (type, message) in _messages)
            copy._messages.Add(type, message);
        return copy;
    }
}
