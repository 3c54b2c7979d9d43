namespace Sockeye;

/// <summary>The bounds within which connections are detached from a server.</summary>
public sealed class DetachOptions
{
    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(1);

    /// <summary>Gets the time in which a handler has to reach a point at which its connection can move. Default: 1 s. Range: 1 ms
    /// to 1 hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan HandlerTimeout
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxTime);
    } = TimeSpan.FromSeconds(1);

    /// <summary>Gets the time in which operations on the socket have to end, during which the connection pauses. Default:
    /// 100 ms. Range: 1 ms to 1 hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan FreezeTimeout
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxTime);
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets the maximum number of bytes that wait in both directions of a connection that moves. Default: 1 MiB. Range:
    /// 0 to 8 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public int MaxWaitingBytes { get; init => field = OptionChecks.InRange(value, 0, 8 << 20); } = 1 << 20;

    /// <summary>Gets the maximum number of connections that are asked to move, or pause, at a time: fewer pause for a shorter
    /// time. A handler that has not answered for 50 ms counts no more, so that it does not delay the others. Default: 64. Range:
    /// 1 to 65,536.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public int MaxConcurrency { get; init => field = OptionChecks.InRange(value, 1, 65_536); } = 64;

    /// <summary>Gets a callback for each connection that does not move, with its id. It may be called from any thread, several
    /// times at once. Default: null, only the log has them.</summary>
    public Action<string, MoveRefusal>? OnRefused { get; init; }
}
