using System.IO.Pipelines;

namespace Sockeye.Transports;

/// <summary>The limits and schedulers of a transport's connections.</summary>
/// <remarks>Immutable: one instance serves all connections of a transport. The defaults are those of
/// <see cref="SocketTransportOptions"/>, whose documentation describes each limit;
/// <see cref="SocketTransportOptions.ToConnectionOptions"/> creates an instance from it.</remarks>
public sealed record TransportConnectionOptions
{
    private const int MaxBuffer = 1 << 30;

    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(1);

    /// <summary>Gets the size in bytes at which received data that the handler has not read pauses receiving. Default: 64 KiB.
    /// Range: 1 to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public int MaxReadBufferSize { get; init => field = OptionChecks.InRange(value, 1, MaxBuffer); } = 64 * 1024;

    /// <summary>
    /// Gets the size in bytes of unsent written data at which a flush of the handler waits. Default: 64 KiB. Range: 1 to 1 GiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public int MaxWriteBufferSize { get; init => field = OptionChecks.InRange(value, 1, MaxBuffer); } = 64 * 1024;

    /// <summary>
    /// Gets the time that a closing connection waits for a peer that accepts none of the data that is still to be sent. Default:
    /// 5 s. Range: 1 ms to 1 hour.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan CloseTimeout
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxTime);
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the time that a closing connection waits for the FIN of a peer that has acknowledged everything. Default: 2 s. Range:
    /// 1 ms to 1 hour.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan LingerTimeout
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxTime);
    } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets the total time that a closing connection waits for a peer that acknowledges slowly. Default: 5 min. Range: 1 ms to 1
    /// hour.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public TimeSpan MaxLingerTime
    {
        get;
        init => field = OptionChecks.InRange(value, MinTime, MaxTime);
    } = TimeSpan.FromMinutes(5);

    /// <summary>Gets the clock of the timeouts. Default: that of the system.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TimeProvider TimeProvider
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(TimeProvider));
    } = TimeProvider.System;

    /// <summary>Gets the scheduler on which handlers continue when data has arrived. Default: the thread pool.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public PipeScheduler HandlerScheduler
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(HandlerScheduler));
    } = PipeScheduler.ThreadPool;

    /// <summary>Gets the scheduler on which sending continues when a handler has flushed. Default: inline, on the thread of the
    /// handler.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public PipeScheduler SendScheduler
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(SendScheduler));
    } = PipeScheduler.Inline;

    /// <summary>Gets the scheduler for work that no caller awaits, and on which paused receiving and writing continue. Default:
    /// the thread pool.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public PipeScheduler Scheduler
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Scheduler));
    } = PipeScheduler.ThreadPool;

    /// <summary>
    /// Gets whether I/O continues in the <see cref="SynchronizationContext"/> in which the connection was started, as in a
    /// simulation. Default: false, I/O continues where the system completes it.
    /// </summary>
    public bool KeepsContext { get; init; }

    /// <summary>Gets the memory of the pipes.</summary>
    internal SegmentPools Segments { get; init; } = SegmentPools.Shared;

    internal PinnedBlockPool Pool { get; init; } = PinnedBlockPool.Shared;

    /// <summary>The shorter of <see cref="LingerTimeout"/> and <see cref="CloseTimeout"/>.</summary>
    internal TimeSpan ShortestTimeout => LingerTimeout < CloseTimeout ? LingerTimeout : CloseTimeout;
}
