using System.IO.Pipelines;

namespace Sockeye;

/// <summary>What a transport decides for its connections. The meanings are those of <c>SocketTransportOptions</c>.</summary>
internal sealed record StreamConnectionOptions
{
    public required int MaxReadBufferSize { get; init; }

    public required int MaxWriteBufferSize { get; init; }

    public required TimeSpan CloseTimeout { get; init; }

    public required TimeSpan LingerTimeout { get; init; }

    public required TimeSpan MaxLingerTime { get; init; }

    /// <summary>The shorter one: what closing has to know of its peer, it knows by then.</summary>
    public TimeSpan ShortestTimeout => LingerTimeout < CloseTimeout ? LingerTimeout : CloseTimeout;

    public required TimeProvider TimeProvider { get; init; }

    public PinnedBlockPool Pool { get; init; } = PinnedBlockPool.Shared;

    /// <summary>Where handlers go on when data has arrived.</summary>
    public PipeScheduler HandlerScheduler { get; init; } = PipeScheduler.ThreadPool;

    /// <summary>Where a pump goes on when a handler has written.</summary>
    public PipeScheduler SendScheduler { get; init; } = PipeScheduler.Inline;

    /// <summary>Where work runs that nobody awaits, and pumps and writers go on that had to pause.</summary>
    public PipeScheduler Scheduler { get; init; } = PipeScheduler.ThreadPool;

    /// <summary>Whether pumps stay in the context they were started in, as in a simulation; otherwise they run where the system
    /// wakes them.</summary>
    public bool KeepsContext { get; init; }
}
