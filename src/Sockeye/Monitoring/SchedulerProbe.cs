using System.IO.Pipelines;

namespace Sockeye;

/// <summary>
/// Measures the time that a work item waits for a thread, so that a lack of threads is detected without a waiting client.
/// </summary>
internal sealed class SchedulerProbe(PipeScheduler scheduler, TimeProvider time)
{
    private long _probedAt; // 0: no probe is in progress

    /// <summary>The time that the current probe has waited; zero if there is none.</summary>
    public TimeSpan WaitTime => Volatile.Read(ref _probedAt) is not 0 and var start ? time.GetElapsedTime(start) : TimeSpan.Zero;

    /// <summary>Starts a probe, unless one is in progress.</summary>
    public void Probe()
    {
        var now = time.GetTimestamp() is not 0 and var timestamp ? timestamp : 1;
        if (Interlocked.CompareExchange(ref _probedAt, now, 0) == 0)
            scheduler.Schedule(static probe => Volatile.Write(ref ((SchedulerProbe)probe!)._probedAt, 0), this);
    }
}
