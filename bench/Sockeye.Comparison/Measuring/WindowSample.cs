namespace Sockeye.Comparison.Measuring;

/// <summary>What one window measured of one server.</summary>
internal sealed record WindowSample
{
    public int Round { get; init; }

    /// <summary>Length of the window.</summary>
    public double Seconds { get; init; }

    public long Messages { get; init; }

    /// <summary>Processor time of the server's process within the window.</summary>
    public double ServerCpuSeconds { get; init; }

    /// <summary>Processor time of the load generator's process within the window.</summary>
    public double LoadCpuSeconds { get; init; }

    /// <summary>Time within the window in which the two processors were not idle, for whatever program.</summary>
    public double AllCpuSeconds { get; init; }

    /// <summary>Latency in µs; null where none was taken.</summary>
    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public double? P999 { get; init; }

    /// <summary>Bytes that a .NET server allocated in a time a little longer than the window.</summary>
    public long? AllocatedBytes { get; init; }

    /// <summary>Messages of that time.</summary>
    public long MessagesOfAllocation { get; init; }

    /// <summary>The longest time in ms that a connection waited for bytes and got none, of all connections.</summary>
    public double? LongestStallMs { get; init; }

    /// <summary>Resident bytes the server has more for each of its idle connections.</summary>
    public double? BytesPerConnection { get; init; }

    public double MessagesPerSecond => Messages / Seconds;

    public double? CpuPerMessage => Messages == 0 ? null : ServerCpuSeconds * 1e6 / Messages;

    public double? AllocatedPerMessage => MessagesOfAllocation == 0 ? null : (double?)AllocatedBytes / MessagesOfAllocation;

    public double ServerBusy => ServerCpuSeconds / Seconds;

    /// <summary>The part of the two processors that other programs had.</summary>
    public double OthersBusy => Math.Max(0, AllCpuSeconds - ServerCpuSeconds - LoadCpuSeconds) / (2 * Seconds);

    public double LoadBusy => LoadCpuSeconds / Seconds;
}
