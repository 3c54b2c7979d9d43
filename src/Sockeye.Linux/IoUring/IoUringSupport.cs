namespace Sockeye.Linux;

/// <summary>Whether io_uring is usable here, and which of its newer parts.</summary>
/// <param name="IsSupported">The self-test passed.</param>
/// <param name="Reason">A sentence that says why, or why not and what refuses.</param>
internal sealed record IoUringSupport(bool IsSupported, string Reason)
{
    /// <summary>A multishot receive ends by itself at a number of bytes (about Linux 6.17).</summary>
    public bool HasReceiveLimit { get; init; }

    /// <summary>Rings have no index array (Linux 6.6).</summary>
    public bool HasNoSubmissionArray { get; init; }

    public static IoUringSupport Refused(string reason) => new(false, reason);
}
