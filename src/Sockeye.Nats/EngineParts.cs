using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>The parts of a started engine, shared by its links.</summary>
internal sealed class EngineParts
{
    private long _maxMessage = int.MaxValue;
    private long _dropped;

    public EngineParts(NatsClusterOptions options, NatsOpts opts, ClusterEngineContext context)
    {
        Options = options;
        Opts = opts;
        Context = context;
        Log = new(context);
        Subjects = new(options.SubjectPrefix, context.ClusterName);
        Queue = new(context.MaxQueuedBytes, context.SlowNode);
        Receiver = new(context.Events, context.Self.Incarnation, Log);
    }

    public NatsClusterOptions Options { get; }

    public NatsOpts Opts { get; }

    public ClusterEngineContext Context { get; }

    public EngineLog Log { get; }

    public NatsSubjects Subjects { get; }

    public SubscriptionTable Subscriptions { get; } = new();

    public FrameOutbox<string> Queue { get; }

    public FrameReceiver Receiver { get; }

    /// <summary>The maximum size of a message, by the server that the engine is or was connected to.</summary>
    public long MaxMessage
    {
        get => Volatile.Read(ref _maxMessage);
        set => Volatile.Write(ref _maxMessage, value);
    }

    /// <summary>The number of frames that were too large, beside those that the queue has dropped.</summary>
    public long DroppedFrames => Volatile.Read(ref _dropped);

    public void DropTooLarge(string subject, long frameSize)
    {
        // Counts only: no other memory is published with it.
        Interlocked.Increment(ref _dropped);
        Log.FrameTooLarge(frameSize, MaxMessage - FrameHeader.Size, subject);
    }
}
