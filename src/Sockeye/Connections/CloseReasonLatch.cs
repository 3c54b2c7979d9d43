using System.Diagnostics;

namespace Sockeye;

/// <summary>Keeps the reason of a connection's end: the first one, except that a break replaces an orderly end.</summary>
/// <remarks>Safe from any thread.</remarks>
internal sealed class CloseReasonLatch
{
    private CloseReason? _reason;

    public CloseReason? Reason => Volatile.Read(ref _reason);

    /// <summary>Sets the reason, unless the latch has one of the same or greater strength.</summary>
    public bool TrySet(CloseReason reason)
    {
        while (true)
        {
            var current = Volatile.Read(ref _reason);
            if (current is not null && (!current.IsOrderly || reason.IsOrderly))
                return false;
            // A full fence: a thread that sees the connection closed afterwards also sees the reason.
            if (Interlocked.CompareExchange(ref _reason, reason, current) == current)
            {
                Debug.Assert(
                    Reason is { } kept && (kept == reason || (reason.IsOrderly && !kept.IsOrderly)),
                    "Once it is set, a reason stays, or a break replaces it.");
                return true;
            }
        }
    }
}
