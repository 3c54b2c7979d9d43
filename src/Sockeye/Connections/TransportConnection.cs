using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>What the connections of all of Sockeye's transports share: identity, features, and the reason of the end.</summary>
internal abstract class TransportConnection : ConnectionContext,
    IConnectionIdFeature,
    IConnectionTransportFeature,
    IConnectionItemsFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature,
    IMemoryPoolFeature,
    IConnectionCloseFeature,
    IConnectionIoFeature
{
    private static readonly Type[] OwnFeatures =
    [
        typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature),
        typeof(IConnectionCloseFeature), typeof(IConnectionProgressFeature), typeof(IConnectionIoFeature),
        typeof(IConnectionSocketFeature), typeof(IConnectionOwnerFeature),
    ];

    private const int EarlySignalWanted = 1;
    private const int ReceiveEnded = 2;

    private static long _lastId;

    private readonly CloseReasonLatch _closeReason = new();
    private LazyCancellation _closed;
    private ConnectionFeatures? _features;
    private CancellationToken? _replacedClosed;
    private int _receiveEnd;

    /// <summary>Short and counted up ("c1", "c2", …): unique in this process.</summary>
    public override string ConnectionId { get => field ??= $"c{Interlocked.Increment(ref _lastId)}"; set; }

    public override IFeatureCollection Features => _features ??= new(this, OwnFeatures);

    public override IDictionary<object, object?> Items { get => field ??= new ConnectionItems(); set; }

    public override IDuplexPipe Transport { get; set; } = null!;

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>Fires, on the thread pool, when both directions are gone; or one, where that was asked for.</summary>
    public override CancellationToken ConnectionClosed
    {
        get => _replacedClosed ?? _closed.Token;
        set => _replacedClosed = value;
    }

    /// <summary>Whether both directions are gone; or one, where that was asked for.</summary>
    public bool HasEnded => _closed.HasFired;

    public abstract MemoryPool<byte> MemoryPool { get; }

    public virtual PipeScheduler Scheduler => PipeScheduler.ThreadPool;

    public virtual Task SendCompletion => Task.CompletedTask;

    public abstract long BytesReceived { get; }

    public abstract long BytesSent { get; }

    public virtual CloseReason? CloseReason => _closeReason.Reason;

    public virtual void SetCloseReason(CloseReason reason) => _closeReason.TrySet(reason);

    /// <summary>
    /// Ends both directions at once. The reason is kept before anything ends. Safe from any thread, more than once.
    /// </summary>
    public abstract void Abort(CloseReason reason);

    /// <inheritdoc cref="IConnectionCloseFeature.Close"/>
    public abstract void Close(CloseReason reason);

    public void SignalClosedWhenReceivingEnds() => SetReceiveEndFlag(EarlySignalWanted, ReceiveEnded);

    public override void Abort() => Abort(CloseReason.Local(CloseCause.Abort, "the connection was aborted by this process"));

    public override void Abort(ConnectionAbortedException? abortReason)
    {
        if (abortReason is not null)
            Abort(CloseReason.Local(CloseCause.Abort, abortReason.Message, abortReason));
        else if ((Volatile.Read(ref _receiveEnd) & ReceiveEnded) != 0)
            Close(CloseReason.PeerFin); // As Kestrel calls it when the client has ended its side: it is no break.
        else
            Abort();
    }

    /// <summary>
    /// Tells everybody who watches <see cref="ConnectionClosed"/>; never on the caller's thread, whose loop must go on.
    /// </summary>
    protected void SignalClosed()
    {
        if (_closed.Fire() is { IsCancellationRequested: false } watched)
            Scheduler.Schedule(_ => Cancel(watched), null);
    }

    /// <summary>Nothing more will be received, and readers can know it. Safe more than once.</summary>
    protected void OnReceiveEnded() => SetReceiveEndFlag(ReceiveEnded, EarlySignalWanted);

    // Whichever of the two comes second sees the other: each sets its bit and looks in one step.
    private void SetReceiveEndFlag(int own, int other)
    {
        if ((Interlocked.Or(ref _receiveEnd, own) & other) != 0)
            SignalClosed();
    }

    private void Cancel(CancellationTokenSource watched)
    {
        try
        {
            watched.Cancel();
        }
        catch (AggregateException e)
        {
            // On this thread it would end the process. The others have been told; the log of the connection's end tells of this
            // one.
            var error = e.InnerException!;
            SetCloseReason(CloseReason.Local(CloseCause.HandlerError, $"a callback of ConnectionClosed threw: {error.Message}", error));
        }
    }
}
