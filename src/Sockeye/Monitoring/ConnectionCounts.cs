namespace Sockeye;

/// <summary>The counts of one pass over open connections.</summary>
internal struct ConnectionCounts
{
    public int Waiting { get; private set; }

    public TimeSpan LongestWait { get; private set; }

    /// <summary>The number of those that wait for a thread rather than for a limit.</summary>
    public int WaitingForThread { get; private set; }

    public TimeSpan LongestWaitForThread { get; private set; }

    public int ReadPaused { get; private set; }

    public int SendBlocked { get; private set; }

    public Stalls SendStalls { get; private set; }

    public Stalls ReadStalls { get; private set; }

    public void Add(IMonitoredConnection connection)
    {
        var phase = connection.Phase;
        if (phase <= HandlerPhase.Held)
            AddWaiting(phase, connection.Age);
        if (connection.Progress is not { } progress)
            return;
        if (progress.IsReadPaused)
            ReadPaused++;
        if (progress.IsSendBlocked)
            SendBlocked++;
        AddStall(connection, phase, progress.ReadPausedFor, progress.SendBlockedFor);
    }

    /// <summary>Adds the counts of another pass, over other connections.</summary>
    public void Add(in ConnectionCounts other)
    {
        Waiting += other.Waiting;
        LongestWait = Max(LongestWait, other.LongestWait);
        WaitingForThread += other.WaitingForThread;
        LongestWaitForThread = Max(LongestWaitForThread, other.LongestWaitForThread);
        ReadPaused += other.ReadPaused;
        SendBlocked += other.SendBlocked;
        SendStalls = SendStalls.With(other.SendStalls);
        ReadStalls = ReadStalls.With(other.ReadStalls);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>
    /// Adds a stall. A handler that cannot send does not read either, which is one cause and counts once. A handler that has not
    /// started counts as waiting only.
    /// </summary>
    private void AddStall(IMonitoredConnection connection, HandlerPhase phase, TimeSpan reading, TimeSpan sending)
    {
        if (sending >= Stalls.Threshold)
            SendStalls = SendStalls.With(connection, sending);
        else if (reading >= Stalls.Threshold && phase is HandlerPhase.Running)
            ReadStalls = ReadStalls.With(connection, reading);
    }

    private void AddWaiting(HandlerPhase phase, TimeSpan wait)
    {
        Waiting++;
        LongestWait = Max(LongestWait, wait);
        if (phase is HandlerPhase.Held)
            return;
        WaitingForThread++;
        LongestWaitForThread = Max(LongestWaitForThread, wait);
    }
}
