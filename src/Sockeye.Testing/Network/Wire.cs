using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Testing;

/// <summary>Carries segments from host to host, with delay, reordering and loss.</summary>
internal sealed class Wire(SimulationLoop loop, TimeProvider time, RuleList rules)
{
    private const int HeaderSize = 40; // IPv4 and TCP, without options

    private static readonly TimeSpan LoopbackLatency = TimeSpan.FromMicroseconds(10);

    private readonly Dictionary<IPAddress, HostStack> _hosts = [];
    private readonly Dictionary<(HostStack From, HostStack To), TimeSpan> _busyUntil = [];

    public SimulationLoop Loop => loop;

    public RuleList Rules => rules;

    public TimeProvider Time => time;

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(1);

    public TimeSpan Jitter { get; set; }

    public double Loss { get; set; }

    public long? Bandwidth { get; set; }

    public void Add(HostStack host)
    {
        _hosts.Add(host.IPv4, host);
        _hosts.Add(host.IPv6, host);
    }

    public HostStack? FindHost(IPAddress address) => _hosts.GetValueOrDefault(address);

    /// <summary>Finds the other end of a host's connection.</summary>
    public TcpSocket? FindPeer(HostStack host, IPEndPoint local, IPEndPoint remote) =>
        (host.Owns(remote.Address) ? host : FindHost(remote.Address))?.Find(remote, local);

    /// <summary>Sends a segment. <paramref name="onLost"/> is called if it does not arrive, when it is lost.</summary>
    public void Send(HostStack source, Segment segment, Action? onLost) =>
        source.WhenRunning(() => SendNow(source, segment, onLost));

    private void SendNow(HostStack source, Segment segment, Action? onLost)
    {
        loop.AssertOnLoopThread();
        Debug.Assert(!source.IsPaused || source.IsDown, "The host is not paused, or is down.");
        var verdict = rules.Evaluate(new(segment.Source, segment.Destination, segment.Payload, segment.Flags));
        var isLocal = source.Owns(segment.Destination.Address);
        var destination = isLocal ? source : FindHost(segment.Destination.Address);
        if (verdict.Kind is VerdictKind.Reset)
        {
            source.Trace(segment, "reset in transit");
            source.Find(segment.Source, segment.Destination)?.End(SocketError.ConnectionReset);
            destination?.Find(segment.Destination, segment.Source)?.End(SocketError.ConnectionReset);
            return;
        }

        var isLost = verdict.Kind is VerdictKind.Drop || destination is null
            || (!isLocal && Loss > 0 && loop.Random.NextDouble() < Loss);
        if (source.IsDown || isLost)
        {
            source.Trace(segment, "lost");
            onLost?.Invoke();
            return;
        }

        source.Trace(segment, "sent");
        var delay = (isLocal ? LoopbackLatency : GetDelay(source, destination!, segment)) + verdict.Extra;
        loop.Timers.After(delay, _ => destination!.WhenRunning(() =>
        {
            if (!destination.Receive(segment))
            {
                destination.Trace(segment, "not accepted");
                onLost?.Invoke();
            }
        }), null);
    }

    private TimeSpan GetDelay(HostStack from, HostStack to, Segment segment)
    {
        var delay = Latency + (Jitter * loop.Random.NextDouble());
        if (Bandwidth is not { } bandwidth)
            return delay;
        // Segments leave one after the other.
        var leaves = _busyUntil.GetValueOrDefault((from, to));
        leaves = leaves > loop.Now ? leaves : loop.Now;
        leaves += TimeSpan.FromSeconds((double)(segment.Payload.Length + HeaderSize) / bandwidth);
        _busyUntil[(from, to)] = leaves;
        Debug.Assert(leaves > loop.Now, "A segment takes time to leave.");
        return leaves - loop.Now + delay;
    }
}
