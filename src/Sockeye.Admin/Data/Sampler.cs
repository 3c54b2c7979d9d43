namespace Sockeye.Admin;

/// <summary>
/// Takes samples of the server and keeps the latest. A timer takes them, and so does each request: if handlers block the pool,
/// the timer is late, and that is when the charts matter.
/// </summary>
internal sealed class Sampler : IDisposable
{
    /// <summary>The number of samples: ten minutes at the default interval.</summary>
    public const int MaxSamples = 300;

    private readonly SockeyeServer _server;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Queue<Sample> _samples = new(MaxSamples);
    private readonly ITimer _timer;
    private Sample? _last;
    private Sample? _previous;

    public Sampler(SockeyeServer server, TimeProvider time, TimeSpan interval)
    {
        (_server, _time, Interval, Start) = (server, time, interval, time.GetTimestamp());
        TakeIfDue();
        _timer = time.CreateTimer(static sampler => ((Sampler)sampler!).TakeIfDue(), this, interval, interval);
    }

    public TimeSpan Interval { get; }

    /// <summary>The time at which the page started to take samples.</summary>
    public long Start { get; }

    /// <summary>The last sample and the one before it, from which rates are computed.</summary>
    public (Sample Last, Sample? Previous) Latest
    {
        get
        {
            TakeIfDue();
            lock (_lock)
                return (_last!, _previous);
        }
    }

    /// <summary>Returns all samples from this number on, oldest first, each with the one before it.</summary>
    public List<(Sample Sample, Sample? Previous)> From(long number)
    {
        TakeIfDue();
        lock (_lock)
        {
            List<(Sample, Sample?)> found = [];
            Sample? previous = null;
            foreach (var sample in _samples)
            {
                if (sample.Number >= number)
                    found.Add((sample, previous));
                previous = sample;
            }

            return found;
        }
    }

    public double? Rate(Sample now, Sample? before, Func<Sample, long> count) =>
        before is null ? null
            : Math.Max(0, count(now) - count(before)) / _time.GetElapsedTime(before.Timestamp, now.Timestamp).TotalSeconds;

    public void Dispose() => _timer.Dispose();

    private void TakeIfDue()
    {
        lock (_lock)
        {
            // A part of the interval allows for the timer's inaccuracy.
            if (_last is { } last && _time.GetElapsedTime(last.Timestamp) < Interval * 0.8)
                return;
            var now = _time.GetTimestamp();
            var (received, sent) = _server.GetTraffic();
            (_previous, _last) = (_last, new(
                _last?.Number + 1 ?? 0, now, _server.GetLoad(), received, sent,
                Environment.CpuUsage.TotalTime));
            if (_samples.Count == MaxSamples)
                _samples.Dequeue();
            _samples.Enqueue(_last);
        }
    }
}
