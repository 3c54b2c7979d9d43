using System.Diagnostics.Metrics;
using System.Net;

namespace Sockeye.Tests.Support;

/// <summary>All that one meter reports about one server, or about all servers.</summary>
internal sealed class Metrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags)> _seen = [];
    private readonly Lock _lock = new();
    private readonly IPEndPoint? _of;

    public Metrics(string meter, SockeyeServer? server = null)
    {
        _of = server?.EndPoints[0] as IPEndPoint;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The sum of what was counted with all of these tags; of observed instruments, of their current values.</summary>
    public double Sum(string name, params string[] tags) => Find(name, tags).Where(IsOurs).Sum(each => each.Value);

    public int Count(string name, params string[] tags) => Find(name, tags).Count(IsOurs);

    /// <summary>Of instruments without an address.</summary>
    public int CountAnywhere(string name, params string[] tags) => Find(name, tags).Count;

    public double SumAnywhere(string name, params string[] tags) => Find(name, tags).Sum(each => each.Value);

    /// <summary>Each value with all of these tags.</summary>
    public IEnumerable<double> Values(string name, params object[] tags) => Find(name, tags).Select(each => each.Value);

    public void Dispose() => _listener.Dispose();

    private List<(Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags)> Find(string name, object[] tags)
    {
        lock (_lock)
            _seen.RemoveAll(each => each.Instrument.IsObservable);
        _listener.RecordObservableInstruments();
        lock (_lock)
        {
            return _seen.FindAll(each => each.Instrument.Name == name
                && tags.All(tag => each.Tags.Any(own => Equals(own.Value, tag))));
        }
    }

    private bool IsOurs((Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags) each) =>
        _of is null || (each.Tags.Contains(new("server.address", $"{_of.Address}"))
            && each.Tags.Contains(new("server.port", _of.Port)));

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
            _seen.Add((instrument, value, tags.ToArray()));
    }
}
