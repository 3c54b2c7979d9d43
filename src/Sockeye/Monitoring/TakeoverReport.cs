namespace Sockeye;

/// <summary>A takeover between this process and another one, as it ended (<c>options.UseTakeover</c>).</summary>
public sealed record TakeoverReport
{
    /// <summary>Gets the part of this process, and the result.</summary>
    public required TakeoverOutcome Outcome { get; init; }

    /// <summary>Gets the id of the other process; 0 if it is unknown.</summary>
    public int ProcessId { get; init; }

    /// <summary>Gets the time of the end.</summary>
    public DateTimeOffset EndedAt { get; init; }

    /// <summary>Gets the time from the first message to the end.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Gets the number of listeners that changed hands.</summary>
    public int Listeners { get; init; }

    /// <summary>Gets the number of connections that changed hands.</summary>
    public int Moved { get; init; }

    /// <summary>Gets the number of connections that stayed in the old process, and drain there. 0 in the new one, which does not
    /// know it.</summary>
    public int Stayed { get; init; }

    /// <summary>Gets the number of connections that came over and could not be served: they were cut off.</summary>
    public int Cut { get; init; }

    /// <summary>Gets the median of the pauses of the connections that came over. Null if none did, and in the old
    /// process.</summary>
    public TimeSpan? MedianPause { get; init; }

    /// <summary>Gets the pause that 99 % of the connections did not exceed; null like <see cref="MedianPause"/>.</summary>
    public TimeSpan? P99Pause { get; init; }

    /// <summary>Gets the longest pause; null like <see cref="MedianPause"/>.</summary>
    public TimeSpan? MaxPause { get; init; }

    /// <summary>Gets the reason of a takeover that failed or was refused, as a sentence; otherwise null.</summary>
    public string? Reason { get; init; }
}
