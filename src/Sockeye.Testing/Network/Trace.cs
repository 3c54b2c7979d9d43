using System.Text;

namespace Sockeye.Testing;

/// <summary>What happened, one line an event: virtual time, host, connection, event.</summary>
internal sealed class Trace(SimulationLoop loop, int limit)
{
    private readonly Queue<(TimeSpan Time, string Host, string Connection, string What)> _events = new();

    /// <summary>All events so far, those that are no longer kept included.</summary>
    public long Count { get; private set; }

    public void Add(string host, string connection, string what)
    {
        Count++;
        _events.Enqueue((loop.Now, host, connection, what));
        if (_events.Count > limit)
            _events.Dequeue();
    }

    /// <summary>The last events, aligned.</summary>
    public string Format(int last)
    {
        var shown = _events.Skip(Math.Max(0, _events.Count - last)).ToList();
        var text = new StringBuilder();
        var host = shown.Select(e => e.Host.Length).DefaultIfEmpty().Max();
        var connection = shown.Select(e => e.Connection.Length).DefaultIfEmpty().Max();
        foreach (var (time, where, which, what) in shown)
            text.Append($"{time:d\\.hh\\:mm\\:ss\\.fffffff}  {where.PadRight(host)}  {which.PadRight(connection)}  {what}\n");
        return text.ToString();
    }
}
