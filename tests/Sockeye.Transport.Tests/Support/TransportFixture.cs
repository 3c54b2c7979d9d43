namespace Sockeye.Transport.Tests.Support;

/// <summary>Describes a transport to the contract suite. It joins with one line: a class that derives from
/// <see cref="Contract.TransportContract"/> and gives its fixture.</summary>
public abstract class TransportFixture
{
    /// <summary>Why the transport cannot run here; null where it can.</summary>
    public virtual string? Unavailable => null;

    /// <summary>Whether an abort reaches the peer as a reset; elsewhere (Unix sockets) the peer may see an orderly end.</summary>
    public virtual bool HasReset => true;

    /// <summary>Whether the kernel reports the state of a listener: only Linux does, for TCP.</summary>
    public virtual bool HasListenerTcpInfo => OperatingSystem.IsLinux();

    /// <summary>Whether the length of the accept queue is known.</summary>
    public virtual bool HasQueueLength => HasListenerTcpInfo;

    /// <summary>Whether bytes are counted that arrive after the reader is gone; TLS does not decrypt them.</summary>
    public virtual bool CountsDiscarded => true;

    /// <summary>How much the bulk test sends each way.</summary>
    public virtual long BulkLength => 100_000_000;

    /// <summary>An address that is not this machine's; null where there is none.</summary>
    public virtual System.Net.EndPoint? ForeignEndPoint => null;

    /// <summary>
    /// Waits until what is on its way has arrived. On loopback it has, as soon as the call that sent it returns.
    /// </summary>
    public virtual Task ArriveAsync(TransportWorld world) => Task.CompletedTask;

    /// <summary>Waits until the reset of its peer has arrived at an end that has received FIN.</summary>
    public virtual Task ResetArrivesAsync(TransportWorld world, TestEnd receiver) => ArriveAsync(world);

    /// <summary>Builds a world for one test, runs the test in it, and ends it with <see
    /// cref="TransportWorld.RunAsync"/>.
    /// A simulated network pumps its virtual time in here.</summary>
    public abstract Task RunAsync(TransportSettings settings, Func<TransportWorld, Task> test);
}

/// <summary>What a test asks of the transport; null: its default.</summary>
public sealed record TransportSettings
{
    // Linux doubles it and takes at least a little more; enough for a few segments of the loopback interface.
    private const int SmallBuffer = 16 * 1024;
    private const int LargeBuffer = 256 * 1024;

    public int? MaxReadBufferSize { get; init; }

    public int? MaxWriteBufferSize { get; init; }

    /// <summary>The least that the system may buffer by itself, so that back-pressure comes soon.</summary>
    public bool SmallSystemBuffers { get; init; }

    /// <summary>The system has much room to send and little to receive: much waits for a peer that does not read.</summary>
    public bool LargeSendSmallReceiveBuffer { get; init; }

    public TimeSpan? CloseTimeout { get; init; }

    public TimeSpan? LingerTimeout { get; init; }

    public TimeSpan? MaxLingerTime { get; init; }

    public int? Backlog { get; init; }

    /// <summary>The same as options of a transport, with a separate buffer pool.</summary>
    public SocketTransportOptions ToOptions()
    {
        var options = new SocketTransportOptions { Pool = new(), Segments = new(), Backlog = Backlog };
        if (SmallSystemBuffers)
            (options.ReceiveBufferSize, options.SendBufferSize) = (SmallBuffer, SmallBuffer);
        if (LargeSendSmallReceiveBuffer)
            (options.ReceiveBufferSize, options.SendBufferSize) = (SmallBuffer, LargeBuffer);
        options.MaxReadBufferSize = MaxReadBufferSize ?? options.MaxReadBufferSize;
        options.MaxWriteBufferSize = MaxWriteBufferSize ?? options.MaxWriteBufferSize;
        options.CloseTimeout = CloseTimeout ?? options.CloseTimeout;
        options.LingerTimeout = LingerTimeout ?? options.LingerTimeout;
        options.MaxLingerTime = MaxLingerTime ?? options.MaxLingerTime;
        return options;
    }
}
