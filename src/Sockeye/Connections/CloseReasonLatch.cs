namespace Sockeye;

/// <summary>Keeps the reason of a connection's end: the first one, except that an orderly end gives way to a break.</summary>
/// <remarks>Safe from any thread.</remarks>
internal sealed class CloseReasonLatch
{
    private CloseReason? _reason;

    public CloseReason? Reason => Volatile.Read(ref _reason);

    /// <summary>Keeps <paramref name="reason"/> unless a stronger one stands already.</summary>
    public bool TrySet(CloseReason reason)
    {
        while (true)
        {
            var current = Volatile.Read(ref _reason);
            if (current is not null && (!current.IsOrderly || reason.IsOrderly))
                return false;
            // A full fence: whoever sees the connection closed afterwards also sees why.
            if (Interlocked.CompareExchange(ref _reason, reason, current) == current)
                return true;
        }
    }
}
