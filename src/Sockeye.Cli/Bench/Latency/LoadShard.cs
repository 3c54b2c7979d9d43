namespace Sockeye.Cli;

/// <summary>The counts of one thread, which only that thread writes.</summary>
internal sealed class LoadShard(LoadRecorder owner, bool hasPlan)
{
    private long _all;
    private long _answers;
    private long _bytesReceived;
    private long _lastAnswer;

    public LoadRecorder Owner => owner;

    /// <summary>The number of all answers, also of those before the start and after the end.</summary>
    public long All => Volatile.Read(ref _all);

    private LatencyHistogram Latency { get; } = new();

    private LatencyHistogram Service { get; } = new();

    /// <summary>Records an answer.</summary>
    /// <param name="planned">The timestamp at which its request was to start.</param>
    /// <param name="sent">The timestamp at which it was sent.</param>
    /// <param name="answered">The timestamp of the answer.</param>
    public void Add(long planned, long sent, long answered)
    {
        _all++;
        if (answered >= owner.Start && answered <= owner.End)
            _answers++;
        if (planned < owner.Start)
            return;
        _lastAnswer = answered;
        Service.Record(answered - sent);
        if (hasPlan)
            Latency.Record(answered - planned);
    }

    /// <summary>Records a request without an answer: it has waited for at least this long.</summary>
    public void AddUnanswered(long planned, long until)
    {
        if (planned >= owner.Start && hasPlan)
            Latency.Record(until - planned);
    }

    /// <summary>Counts bytes that arrived.</summary>
    public void AddReceived(long bytes, long now)
    {
        if (now >= owner.Start && now <= owner.End)
            _bytesReceived += bytes;
    }

    /// <summary>Adds the current state. Safe while the thread writes.</summary>
    public void AddTo(LoadTotals totals)
    {
        totals.Answers += Volatile.Read(ref _answers);
        totals.BytesReceived += Volatile.Read(ref _bytesReceived);
        totals.LastAnswer = Math.Max(totals.LastAnswer, Volatile.Read(ref _lastAnswer));
        totals.Uncorrected.Add(Service);
        totals.Latency.Add(hasPlan ? Latency : Service);
    }
}
