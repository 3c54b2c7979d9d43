namespace Sockeye.Linux;

/// <summary>Whether the process can use io_uring here, as a self-test found.</summary>
/// <param name="IsSupported">Whether the self-test passed.</param>
/// <param name="Reason">A sentence that says what the self-test found, or what refuses io_uring.</param>
public sealed record IoUringSupport(bool IsSupported, string Reason)
{
    /// <summary>Runs the self-test, which takes a few milliseconds. It runs once in a process: later calls return the result of
    /// the first. Safe for use from any thread.</summary>
    public static IoUringSupport Probe() => IoUringProbe.Result;

    /// <summary>A multishot receive ends by itself at a number of bytes (about Linux 6.17).</summary>
    internal bool HasReceiveLimit { get; init; }

    /// <summary>Rings have no index array (Linux 6.6).</summary>
    internal bool HasNoSubmissionArray { get; init; }

    internal static IoUringSupport Refused(string reason) => new(false, reason);
}
