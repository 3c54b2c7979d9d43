namespace Sockeye.Testing;

/// <summary>What a rule does with a segment.</summary>
public readonly record struct Verdict
{
    private Verdict(VerdictKind kind, TimeSpan extra = default)
    {
        (Kind, Extra) = (kind, extra);
    }

    /// <summary>It goes its way.</summary>
    public static Verdict Pass => new(VerdictKind.Pass);

    /// <summary>It is lost. TCP sends it again, later each time; a reset is not sent again.</summary>
    public static Verdict Drop => new(VerdictKind.Drop);

    /// <summary>Both ends are told that the other one reset the connection.</summary>
    public static Verdict Reset => new(VerdictKind.Reset);

    internal VerdictKind Kind { get; }

    internal TimeSpan Extra { get; }

    /// <summary>It arrives later by this much, above the latency of the network.</summary>
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
