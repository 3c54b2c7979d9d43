using System.Text;

namespace Sockeye.Testing;

/// <summary>The events of a run, one per line: virtual time, host, connection, event.</summary>
internal sealed class Trace(SimulationLoop loop, int limit)
{
    private readonly Queue<Event> _events = new();

    /// <summary>The number of events so far, including those that are no longer kept.</summary>
    public long Count { get; private set; }

    public void Add(string host, string connection, string what) => Add(new(loop.Now, host, connection, what, null));

    /// <summary>Adds an event of a segment, which is formatted only if the trace is read.</summary>
    public void Add(string host, Segment segment, string what) => Add(new(loop.Now, host, "", what, segment));

    /// <summary>Returns the last events, in aligned columns.</summary>
    public string Format(int last)
    {
        var shown = _events.Skip(Math.Max(0, _events.Count - last)).Select(e => e.Render()).ToList();
        var text = new StringBuilder();
        var host = shown.Select(e => e.Host.Length).DefaultIfEmpty().Max();
        var connection = shown.Select(e => e.Connection.Length).DefaultIfEmpty().Max();
        foreach (var (time, where, which, what, _) in shown)
            text.Append($"{time:d\\.hh\\:mm\\:ss\\.fffffff}  {where.PadRight(host)}  {which.PadRight(connection)}  {what}\n");
        return text.ToString();
    }

    private void Add(Event added)
    {
        loop.ThrowIfForeignThread();
        Count++;
        _events.Enqueue(added);
        if (_events.Count > limit)
            _events.Dequeue();
    }

    private readonly record struct Event(TimeSpan Time, string Host, string Connection, string What, Segment? Segment)
    {
        public Event Render() => Segment is null
            ? this
            : new(Time, Host, $"{Segment.Source} -> {Segment.Destination}", $"{What}: {Segment}", null);
    }
}
