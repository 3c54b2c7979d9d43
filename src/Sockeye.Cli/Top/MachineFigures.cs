using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Counts and rates of all connections of the machine.</summary>
internal sealed class MachineFigures
{
    private readonly Dictionary<string, int> _states = [];
    private Dictionary<ulong, uint> _drops = [];
    private readonly Dictionary<ulong, double> _dropRates = [];
    private KernelCounters _counters = KernelCounters.None;
    private double _received;
    private double _sent;
    private TimeSpan _elapsed;
    private long _waiting;
    private double _fullest;

    public TopRates Rates { get; private set; } = new();

    /// <summary>Starts a new snapshot.</summary>
    /// <param name="elapsed">The time since the one before; zero for the first.</param>
    public void Begin(TimeSpan elapsed)
    {
        _states.Clear();
        (_received, _sent, _elapsed) = (0, 0, elapsed);
        var (before, now) = (_counters, KernelCounters.Read());
        _counters = now;
        Rates = new(
            ListenOverflows: KernelCounters.Rate(now.ListenOverflows, before.ListenOverflows, elapsed),
            ListenDrops: KernelCounters.Rate(now.ListenDrops, before.ListenDrops, elapsed),
            Retransmitted: KernelCounters.Rate(now.SegmentsRetransmitted, before.SegmentsRetransmitted, elapsed));
    }

    public void Add(TopRow row)
    {
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_states, row.State, out _)++;
        _received += row.ReceivedPerSecond ?? 0;
        _sent += row.SentPerSecond ?? 0;
    }

    /// <summary>Ends the snapshot with the listeners.</summary>
    public void AddListeners(List<SocketEntry> listeners)
    {
        _dropRates.Clear();
        Dictionary<ulong, uint> dropsNow = new(listeners.Count);
        (_waiting, _fullest) = (0, 0);
        foreach (var listener in listeners)
        {
            _waiting += listener.ReceiveQueue;
            _fullest = Math.Max(_fullest, listener.SendQueue == 0 ? 0 : (double)listener.ReceiveQueue / listener.SendQueue);
            if (listener.Drops is not { } drops)
                continue;
            if (_elapsed > TimeSpan.Zero && _drops.TryGetValue(listener.Cookie, out var before))
                _dropRates[listener.Cookie] = (drops - before) / _elapsed.TotalSeconds;
            dropsNow[listener.Cookie] = drops;
        }

        _drops = dropsNow; // Without the listeners that have closed.

        if (_elapsed > TimeSpan.Zero)
            Rates = Rates with { Received = _received, Sent = _sent };
    }

    public double? GetDropRate(ulong cookie) => _dropRates.TryGetValue(cookie, out var rate) ? rate : null;

    public IReadOnlyList<string> ToLines(int connections, int listeners)
    {
        var states = string.Join(", ", _states.OrderByDescending(state => state.Value)
            .Select(state => $"{TopText.Count(state.Value)} {state.Key}"));
        return
        [
            $"{QuantityText.FormatCount(connections, "connection")}{(states.Length > 0 ? $": {states}" : "")}",
            $"in {Rate(Rates.Received)}B/s, out {Rate(Rates.Sent)}B/s, retransmits {Rate(Rates.Retransmitted)}/s",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{QuantityText.FormatCount(listeners, "listener")}: {_waiting:N0} to accept, fullest queue {_fullest:P0}, ")
                + $"overflows {Rate(Rates.ListenOverflows)}/s, drops {Rate(Rates.ListenDrops)}/s",
        ];
    }

    private static string Rate(double? rate) => rate is null ? "– " : TopText.Amount(rate);
}
