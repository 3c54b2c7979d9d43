namespace Sockeye.Testing;

/// <summary>The decision of a rule about a segment.</summary>
public readonly record struct Verdict
{
    private Verdict(VerdictKind kind, TimeSpan extra = default)
    {
        (Kind, Extra) = (kind, extra);
    }

    /// <summary>Gets the verdict that delivers the segment.</summary>
    public static Verdict Pass => new(VerdictKind.Pass);

    /// <summary>Gets the verdict that loses the segment. TCP retransmits it after a growing delay; a reset is not
    /// retransmitted.</summary>
    public static Verdict Drop => new(VerdictKind.Drop);

    /// <summary>Gets the verdict that resets the connection at both ends.</summary>
    public static Verdict Reset => new(VerdictKind.Reset);

    internal VerdictKind Kind { get; }

    internal TimeSpan Extra { get; }

    /// <summary>Delays the segment by this time, in addition to the latency of the network.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    public static Verdict Delay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return new(VerdictKind.Pass, delay);
    }
}

internal enum VerdictKind
{
    Pass,
    Drop,
    Reset,
}
