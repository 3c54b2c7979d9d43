namespace Sockeye.Linux;

/// <summary>How a <see cref="Ring.Enter"/> came back. After each of these the completions that are there are taken.</summary>
internal enum EnterOutcome
{
    /// <summary>Everything is submitted. What was waited for is there, unless something was submitted and the time is over or a
    /// signal came: the kernel then reports the submissions.</summary>
    Done,

    /// <summary>The time is over (ETIME).</summary>
    TimedOut,

    /// <summary>A signal came first (EINTR).</summary>
    Interrupted,

    /// <summary>The kernel has no memory or no room just now (EAGAIN, EBUSY): take completions, enter again.</summary>
    Busy,
}
