namespace Sockeye.Linux;

/// <summary>The result of a <see cref="Ring.Enter"/>. After each, take the available completions.</summary>
internal enum EnterOutcome
{
    /// <summary>
    /// Everything is submitted. The awaited completions are there, unless something was submitted and the timeout passed or a
    /// signal came, in which case the kernel reports the submissions.
    /// </summary>
    Done,

    /// <summary>The timeout has passed (ETIME).</summary>
    TimedOut,

    /// <summary>A signal interrupted the wait (EINTR).</summary>
    Interrupted,

    /// <summary>The kernel temporarily has no memory or no room (EAGAIN, EBUSY): take completions, then enter again.</summary>
    Busy,
}
