using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>The base of the connections of all of Sockeye's transports: identity, features, and the reason of the end.</summary>
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

    /// <summary>A short number ("c1", "c2", …) that is unique in this process.</summary>
    public override string ConnectionId { get => field ??= $"c{Interlocked.Increment(ref _lastId)}"; set; }

    public override IFeatureCollection Features => _features ??= new(this, OwnFeatures);

    public override IDictionary<object, object?> Items { get => field ??= new ConnectionItems(); set; }

    public override IDuplexPipe Transport { get; set; } = null!;

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>Fires, on the scheduler, when both directions have ended; or the receiving one, if that was requested.</summary>
    public override CancellationToken ConnectionClosed
    {
        get => _replacedClosed ?? _closed.Token;
        set => _replacedClosed = value;
    }

    /// <summary>Whether both directions have ended; or the receiving one, if that was requested.</summary>
    public bool HasEnded => _closed.HasFired;

    public abstract MemoryPool<byte> MemoryPool { get; }

    public virtual PipeScheduler Scheduler => PipeScheduler.ThreadPool;

    public virtual Task SendCompletion => Task.CompletedTask;

    public abstract long BytesReceived { get; }

    public abstract long BytesSent { get; }

    public virtual CloseReason? CloseReason => _closeReason.Reason;

    public virtual void SetCloseReason(CloseReason reason) => _closeReason.TrySet(reason);

    /// <summary>
    /// Ends both directions at once. The reason is recorded before anything ends. Safe from any thread, more than once.
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
            Close(CloseReason.PeerFin); // Kestrel calls it like this when the client has ended its side, which is not a break.
        else
            Abort();
    }

    /// <summary>
    /// Fires <see cref="ConnectionClosed"/>; never on the caller's thread, whose loop must continue.
    /// </summary>
    protected void SignalClosed()
    {
        if (_closed.Fire() is { IsCancellationRequested: false } watched)
            Scheduler.Schedule(_ => Cancel(watched), null);
    }

    /// <summary>Called when nothing more will be received, and readers can see it. Safe more than once.</summary>
    protected void OnReceiveEnded() => SetReceiveEndFlag(ReceiveEnded, EarlySignalWanted);

    // The second of the two sees the first: each sets its bit and reads the other in one step.
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
            // On this thread the exception would end the process. All other callbacks have run; the log of the connection's end
            // reports this one.
            var error = e.InnerException!;
            SetCloseReason(CloseReason.Local(
                CloseCause.HandlerError, $"a callback of ConnectionClosed threw: {error.Message}", error));
        }
    }
}
