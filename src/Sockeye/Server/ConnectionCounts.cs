namespace Sockeye;

/// <summary>What one pass over open connections finds.</summary>
internal struct ConnectionCounts
{
    public int Waiting { get; private set; }

    public TimeSpan LongestWait { get; private set; }

    /// <summary>Of those that no limit holds, but only the lack of a thread.</summary>
    public int WaitingForThread { get; private set; }

    public TimeSpan LongestWaitForThread { get; private set; }

    public int ReadPaused { get; private set; }

    public int SendBlocked { get; private set; }

    public void Add(ServerConnection connection)
    {
        if (connection.Phase is var phase && phase <= HandlerPhase.Held)
            AddWaiting(phase, connection.Age);
        if (connection.Progress is not { } progress)
            return;
        if (progress.IsReadPaused)
            ReadPaused++;
        if (progress.IsSendBlocked)
            SendBlocked++;
    }

    private void AddWaiting(HandlerPhase phase, TimeSpan wait)
    {
        Waiting++;
        LongestWait = wait > LongestWait ? wait : LongestWait;
        if (phase is HandlerPhase.Held)
            return;
        WaitingForThread++;
        LongestWaitForThread = wait > LongestWaitForThread ? wait : LongestWaitForThread;
    }
}
