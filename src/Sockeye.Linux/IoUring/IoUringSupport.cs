namespace Sockeye.Linux;

/// <summary>The result of the self-test of io_uring.</summary>
/// <param name="IsSupported">Whether the self-test passed.</param>
/// <param name="Reason">A sentence with the result of the self-test, or the cause of the refusal.</param>
public sealed record IoUringSupport(bool IsSupported, string Reason)
{
    /// <summary>Runs the self-test, which takes a few milliseconds. It runs once in a process: later calls return the result of
    /// the first. Safe for use from any thread.</summary>
    public static IoUringSupport Probe() => IoUringProbe.Result;

    /// <summary>Whether a multishot receive can end after a number of bytes (about Linux 6.17).</summary>
    internal bool HasReceiveLimit { get; init; }

    /// <summary>Whether rings have no index array (Linux 6.6).</summary>
    internal bool HasNoSubmissionArray { get; init; }

    internal static IoUringSupport Refused(string reason) => new(false, reason);
}
