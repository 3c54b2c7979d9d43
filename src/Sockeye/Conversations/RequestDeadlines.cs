namespace Sockeye;

/// <summary>
/// The timeouts of the requests of one connection: one entry of the common timer, set for the earliest deadline. A request costs
/// one comparison, unless its deadline is the earliest.
/// </summary>
internal sealed class RequestDeadlines(CoarseTimer timer, Func<TimeSpan, TimeSpan> expire) : CoarseTimerEntry
{
    private readonly Lock _lock = new();
    private TimeSpan _next = TimeSpan.MaxValue;
    private bool _hasEnded;

    /// <summary>Returns the time of the timer after a timeout; the maximum if the timeout is infinite.</summary>
    public TimeSpan GetDeadline(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : timer.Elapsed + timeout;

    /// <summary>Makes the timer check at this time, or earlier.</summary>
    public void Arm(TimeSpan deadline)
    {
        if (deadline == TimeSpan.MaxValue)
            return;
        lock (_lock)
        {
            if (deadline >= _next || _hasEnded)
                return;
            _next = deadline;
            timer.Set(this, deadline - timer.Elapsed);
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            timer.Cancel(this);
        }
    }

    internal protected override void OnDue()
    {
        // First, so that a request that comes during the check sets the timer itself.
        lock (_lock)
            _next = TimeSpan.MaxValue;
        Arm(expire(timer.Elapsed));
    }
}
