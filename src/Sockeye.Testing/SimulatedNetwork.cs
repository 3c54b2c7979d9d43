using System.Net;

namespace Sockeye.Testing;

/// <summary>A network of simulated hosts in virtual time, on one thread. The seed replaces all randomness.</summary>
/// <remarks>
/// A seed gives the same run on every machine, with the same bytes and the same order of events. An hour of timeouts takes
/// milliseconds.
/// </remarks>
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

    /// <summary>Gets the seed of the run.</summary>
    public int Seed { get; }

    /// <summary>
    /// Gets the clock of virtual time, which starts at 2000-01-01T00:00Z. Use it in the options of servers and clients, and for
    /// Task.Delay.
    /// </summary>
    public TimeProvider TimeProvider => _time;

    /// <summary>Gets the virtual time since the start of the run.</summary>
    public TimeSpan Elapsed => _loop.Now;

    /// <summary>
    /// Gets the source of randomness of the run, for tests that need some. It is the same for each run of a seed.
    /// </summary>
    public Random Random => _loop.Random;

    /// <summary>Gets or sets the time that a segment travels between two hosts. Default: 1 ms. Range: at least 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan Latency { get => _wire.Latency; set => _wire.Latency = OptionChecks.AtLeast(value, TimeSpan.Zero); }

    /// <summary>Gets or sets the maximum random time that is added to <see cref="Latency"/>. Default: 0. Range: at least 0. With
    /// it, segments overtake each other.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan Jitter { get => _wire.Jitter; set => _wire.Jitter = OptionChecks.AtLeast(value, TimeSpan.Zero); }

    /// <summary>Gets or sets the maximum number of bytes a second from one host to another. Default: null, no limit. Range: at
    /// least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long? Bandwidth { get => _wire.Bandwidth; set => _wire.Bandwidth = OptionChecks.AtLeast(value, 1); }

    /// <summary>Gets or sets the probability that a segment between hosts is lost. Default: 0. Range: 0 to below 1. For TCP, loss
    /// is delay, or a timeout if it lasts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public double Loss
    {
        get => _wire.Loss;
        set => _wire.Loss = value is >= 0 and < 1
            ? value
            : throw OptionChecks.OutOfRange(nameof(Loss), value, "0 or more, and below 1");
    }

    /// <summary>Runs a test on a new network and a new thread. Returns when the task of the test is complete.</summary>
    /// <param name="seed">The seed, which selects interleavings, latencies and faults.</param>
    /// <param name="test">The test, which gets the network. It may await only tasks of the run.</param>
    /// <exception cref="SimulationException">The test threw (its exception is the inner exception), the run is stuck, or code of
    /// the run continued on another thread. The message has the seed and the last events.</exception>
    public static void Run(int seed, Func<SimulatedNetwork, Task> test) => Run(seed, new(), test);

    /// <inheritdoc cref="Run(int, Func{SimulatedNetwork, Task})"/>
    /// <param name="seed">The seed, which selects interleavings, latencies and faults.</param>
    /// <param name="limits">The limits of a run that does not end.</param>
    /// <param name="test">The test, which gets the network. It may await only tasks of the run.</param>
    public static void Run(int seed, SimulationLimits limits, Func<SimulatedNetwork, Task> test)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(test);
        var (network, failure) = TryRun(seed, limits, test);
        if (failure is not null)
            throw network.CreateException(failure);
    }

    /// <summary>Runs a test once for each seed, on all processors, and reports the failures together.</summary>
    /// <param name="seeds">The seeds, without the end of the range, as in C#: 1..1001 means a thousand seeds.</param>
    /// <param name="test">The test, which gets a new network each time. Objects that it shares between runs must be
    /// thread-safe.</param>
    /// <param name="progress">Called after each seed, on the thread that ran it.</param>
    /// <param name="limits">The limits of a run that does not end.</param>
    /// <exception cref="SimulationException">Seeds failed. The message names the first, and shows the run with the fewest
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
            throw new ArgumentException($"Seeds need a start and a later end, as in 1..1001, not {seeds}.", nameof(seeds));
        new Exploration(limits ?? new(), test, progress).Run([.. Enumerable.Range(from, to - from)]);
    }

    /// <summary>Adds a host.</summary>
    /// <param name="name">The name that other hosts can resolve; not case-sensitive.</param>
    /// <param name="options">The backlog, buffers and close timeouts of its sockets, as for real ones. Default: the default
    /// options. Options of a kernel (keep-alive, fast open, no delay) have no effect.</param>
    /// <exception cref="ArgumentException">The name is empty or in use.</exception>
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
        HostAdded?.Invoke(host);
        return host;
    }

    /// <summary>
    /// Adds a rule, which decides about every segment until the result is disposed. The first rule with a verdict applies; null
    /// passes the segment to the next rule.
    /// </summary>
    public IDisposable AddRule(Func<SimulatedSegment, Verdict?> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _loop.ThrowIfForeignThread();
        return _rules.Add(rule);
    }

    /// <summary>Drops all segments between two hosts, in both directions, until the result is disposed.</summary>
    public IDisposable Partition(SimulatedHost left, SimulatedHost right)
    {
        var (there, back) = (PartitionOneWay(left, right), PartitionOneWay(right, left));
        return new DisposableAction(() =>
        {
            there.Dispose();
            back.Dispose();
        });
    }

    /// <summary>
    /// Drops all segments between a host and all others, including hosts that are added later, until the result is disposed.
    /// Connections within the host are not affected.
    /// </summary>
    public IDisposable Isolate(SimulatedHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.Stack.Trace("", "isolated");
        var rule = AddRule(segment =>
            (_wire.FindHost(segment.Source.Address) == host.Stack) != (_wire.FindHost(segment.Destination.Address) == host.Stack)
                ? Verdict.Drop
                : null);
        return new DisposableAction(() =>
        {
            rule.Dispose();
            host.Stack.Trace("", "no longer isolated");
        });
    }

    /// <summary>
    /// Drops all segments from one host to another until the result is disposed; the other direction stays open.
    /// </summary>
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

    /// <summary>Adds a line of the test to the trace.</summary>
    public void Note(string text) => _trace.Add("test", "", text);

    /// <summary>Returns the last events, one line each: virtual time, host, connection, event.</summary>
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

    internal SimulationLoop Loop => _loop;

    /// <summary>Called with each host that is added from now on.</summary>
    internal Action<SimulatedHost>? HostAdded { get; set; }

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
}
