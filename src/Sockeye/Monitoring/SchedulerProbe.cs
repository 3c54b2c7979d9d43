using System.IO.Pipelines;

namespace Sockeye;

/// <summary>Asks for a thread as a new client's handler does, and tells how long the answer is overdue: whether handlers could
/// begin is known without a client who waits for it.</summary>
internal sealed class SchedulerProbe(PipeScheduler scheduler, TimeProvider time)
{
    private long _probedAt; // 0: answered

    /// <summary>How long the question that is under way waits; zero where there is none.</summary>
    public TimeSpan WaitTime => Volatile.Read(ref _probedAt) is not 0 and var asked ? time.GetElapsedTime(asked) : TimeSpan.Zero;

    /// <summary>Asks, unless a question is under way.</summary>
    public void Probe()
    {
        var now = time.GetTimestamp() is not 0 and var timestamp ? timestamp : 1;
        if (Interlocked.CompareExchange(ref _probedAt, now, 0) == 0)
            scheduler.Schedule(static probe => Volatile.Write(ref ((SchedulerProbe)probe!)._probedAt, 0), this);
    }
}
