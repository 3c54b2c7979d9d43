using System.Net;

namespace Sockeye.Testing;

/// <summary>
/// A network of simulated hosts under virtual time, in one thread: the seed decides everything that chance decides elsewhere.
/// </summary>
/// <remarks>One seed gives the same run, to the byte and to the order of events, on every machine. An hour of timeouts takes
/// milliseconds.</remarks>
public sealed class SimulatedNetwork
{
    private const int MaxEventsInMessage = 60;

    private readonly SimulationLoop _loop;
    private readonly SimulatedTimeProvider _time;
    private readonly RuleList _rules = new();
    private readonly Wire _wire;
    private readonly Trace _trace;
    private readonly Dictionary<string, SimulatedHost> _hosts = new(StringComparer.OrdinalIgnoreCase);

    private SimulatedNetwork(int seed, SimulationLimits limits)
    {
        Seed = seed;
        _loop = new(seed, limits);
        _time = new(_loop.Timers);
        _wire = new(_loop, _time, _rules);
        _trace = new(_loop, limits.MaxTraceEvents);
    }

    /// <summary>What the run was given.</summary>
    public int Seed { get; }

    /// <summary>
    /// Virtual time. It begins at 2000-01-01T00:00Z. Give it to the options of servers and clients, and to Task.Delay.
    /// </summary>
    public TimeProvider TimeProvider => _time;

    /// <summary>Virtual time since the run began.</summary>
    public TimeSpan Elapsed => _loop.Now;

    /// <summary>Randomness of the run, for tests that choose too. Always the same for one seed.</summary>
    public Random Random => _loop.Random;

    /// <summary>How long a segment travels between two hosts, default 1 ms. Range: zero and up.</summary>
    public TimeSpan Latency { get => _wire.Latency; set => _wire.Latency = ValidateNotNegative(value, nameof(Latency)); }

    /// <summary>Up to how much longer a segment may travel, default zero. With it segments overtake each other.</summary>
    public TimeSpan Jitter { get => _wire.Jitter; set => _wire.Jitter = ValidateNotNegative(value, nameof(Jitter)); }

    /// <summary>Bytes a second from one host to another; null (the default): no bound.</summary>
    public long? Bandwidth
    {
        get => _wire.Bandwidth;
        set => _wire.Bandwidth = value is null or > 0
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Bandwidth), value, "Bandwidth must be 1 byte per second or more, or null for no limit.");
    }

    /// <summary>The part of all segments between hosts that is lost, 0 (the default) to below 1. For TCP, loss is delay, or a
    /// timeout if it lasts.</summary>
    public double Loss
    {
        get => _wire.Loss;
        set => _wire.Loss = value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Loss), value, "Loss must be 0 or more, and below 1.");
    }

    /// <summary>Runs a test on a network and a thread of its own. Returns when the test's task is complete.</summary>
    /// <param name="seed">Chooses interleavings, latencies and faults.</param>
    /// <param name="test">Gets the network. What it awaits has to belong to the run.</param>
    /// <exception cref="SimulationException">The test threw (its exception is inside), the run got stuck, or something left the
    /// run's thread. The message has the seed and the last events.</exception>
    public static void Run(int seed, Func<SimulatedNetwork, Task> test) => Run(seed, new(), test);

    /// <inheritdoc cref="Run(int, Func{SimulatedNetwork, Task})"/>
    /// <param name="seed">Chooses interleavings, latencies and faults.</param>
    /// <param name="limits">Where a run that does not end is stopped.</param>
    /// <param name="test">Gets the network. What it awaits has to belong to the run.</param>
    public static void Run(int seed, SimulationLimits limits, Func<SimulatedNetwork, Task> test)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(test);
        var (network, failure) = TryRun(seed, limits, test);
        if (failure is not null)
            throw network.CreateException(failure);
    }

    /// <summary>Runs a test once for each seed, on all processors, and reports the failures together.</summary>
    /// <param name="seeds">As C# has it, the end is not in it: 1..1001 is a thousand seeds.</param>
    /// <param name="test">Gets a network of its own each time. What it shares between runs has to be safe from many
    /// threads.</param>
    /// <param name="progress">Told after each seed, on the thread that ran it.</param>
    /// <param name="limits">Where a run that does not end is stopped.</param>
    /// <exception cref="SimulationException">Seeds failed: the message names the first, and shows the run with the fewest
    /// events.</exception>
    public static void Explore(
        Range seeds,
        Func<SimulatedNetwork, Task> test,
        IProgress<ExplorationProgress>? progress = null,
        SimulationLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        var (from, to) = (seeds.Start.Value, seeds.End.Value);
        if (seeds.Start.IsFromEnd || seeds.End.IsFromEnd || to <= from)
            throw new ArgumentException($"Seeds need a beginning and a later end, as in 1..1001, not {seeds}.", nameof(seeds));
        new Exploration(limits ?? new(), test, progress).Run([.. Enumerable.Range(from, to - from)]);
    }

    /// <summary>Adds a host.</summary>
    /// <param name="name">How other hosts find it, in any case of letters.</param>
    /// <param name="options">Backlog, buffers and close timeouts of its sockets, as for real ones; default: the defaults. What
    /// only a kernel has (keep-alive, fast open, no delay) has no effect here.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public SimulatedHost AddHost(string name, SocketTransportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _loop.ThrowIfForeignThread();
        var number = _hosts.Count + 1;
        var v4 = new IPAddress([10, 0, (byte)(number >> 8), (byte)number]);
        var v6 = IPAddress.Parse($"fd00::{number:x}");
        var stack = new HostStack(name, v4, v6, _wire, _trace, options?.Copy() ?? new());
        var host = new SimulatedHost(this, stack, new SimulatedTimeProvider(_loop.Timers));
        if (!_hosts.TryAdd(name, host))
            throw new ArgumentException($"There is a host {name} already.", nameof(name));
        _wire.Add(stack);
        return host;
    }

    /// <summary>
    /// Judges every segment until the result is disposed. The first rule with a verdict wins; null leaves it to the next one.
    /// </summary>
    public IDisposable AddRule(Func<SimulatedSegment, Verdict?> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _loop.ThrowIfForeignThread();
        return _rules.Add(rule);
    }

    /// <summary>Nothing passes between two hosts, in either direction, until the result is disposed.</summary>
    public IDisposable Partition(SimulatedHost left, SimulatedHost right)
    {
        var (there, back) = (PartitionOneWay(left, right), PartitionOneWay(right, left));
        return new DisposableAction(() =>
        {
            there.Dispose();
            back.Dispose();
        });
    }

    /// <summary>Nothing passes from one host to another until the result is disposed; the way back is open.</summary>
    public IDisposable PartitionOneWay(SimulatedHost from, SimulatedHost to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        from.Stack.Trace("", $"cut off from {to.Name}");
        var rule = AddRule(segment =>
            _wire.FindHost(segment.Source.Address) == from.Stack && _wire.FindHost(segment.Destination.Address) == to.Stack
                ? Verdict.Drop
                : null);
        return new DisposableAction(() =>
        {
            rule.Dispose();
            from.Stack.Trace("", $"reaches {to.Name} again");
        });
    }

    /// <summary>Puts a line of the test's own into the trace.</summary>
    public void Note(string text) => _trace.Add("test", "", text);

    /// <summary>The last events, one line each: virtual time, host, connection, event.</summary>
    public string FormatTrace(int last = int.MaxValue) => _trace.Format(last);

    internal static (SimulatedNetwork Network, Exception? Failure) TryRun(
        int seed, SimulationLimits limits, Func<SimulatedNetwork, Task> test)
    {
        SimulatedNetwork network = null!;
        var failure = SimulationThread.Run(
            $"simulation of seed {seed}",
            limits,
            () => (network = new SimulatedNetwork(seed, limits))._loop,
            () => test(network));
        return (network, failure);
    }

    internal long EventCount => _trace.Count;

    internal SimulatedHost? FindHost(string name) => _hosts.GetValueOrDefault(name);

    internal SimulationException CreateException(Exception failure)
    {
        var tail = _trace.Format(MaxEventsInMessage);
        var shown = _trace.Count > MaxEventsInMessage ? $"the last {MaxEventsInMessage} of {_trace.Count} events" : "all events";
        return new(
            $"Seed {Seed} failed after {Elapsed} of virtual time: {failure.Message}{Environment.NewLine}"
                + $"{Environment.NewLine}{shown}:{Environment.NewLine}{tail}",
            failure);
    }

    private static TimeSpan ValidateNotNegative(TimeSpan value, string name) =>
        value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 0 or more.");
}
