using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye.Transports;

/// <summary>The base of a transport's connections: identity, addresses, features, and the reason of the end.</summary>
/// <remarks>
/// A connection that derives from it has everything that servers, clients and the admin page report about the connections of
/// Sockeye's own transports. <see cref="DuplexConnection"/> adds the rules of closing, and <see cref="StreamConnection"/> adds
/// the pipes. Members are safe for use from any thread unless they say otherwise.
/// </remarks>
public abstract class TransportConnection : ConnectionContext,
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
    private LazyCancellation _receiveEnded;
    private ConnectionFeatures? _features;
    private CancellationToken? _replacedClosed;
    private int _receiveEnd;

    /// <summary>Gets or sets the id of the connection. Default: short and counted up ("c1", "c2", …), unique in this
    /// process.</summary>
    public override string ConnectionId { get => field ??= $"c{Interlocked.Increment(ref _lastId)}"; set; }

    /// <summary>Keeps new connections from getting the id of a connection that another process has created.</summary>
    internal static void ReserveId(string id)
    {
        if (id is not ['c', ..] || !long.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return;
        long last;
        do
            last = Volatile.Read(ref _lastId);
        while (last < number && Interlocked.CompareExchange(ref _lastId, number, last) != last);
    }

    /// <summary>Gets the features of the connection: the interfaces that it implements, under what middleware has set. For one
    /// caller at a time.</summary>
    public override IFeatureCollection Features => _features ??= new(this, OwnFeatures);

    /// <summary>Gets or sets the items that middleware and handlers share. For one caller at a time.</summary>
    public override IDictionary<object, object?> Items { get => field ??= new ConnectionItems(); set; }

    /// <summary>Gets or sets the pipes of the connection. A derived class sets them in its constructor.</summary>
    public override IDuplexPipe Transport { get; set; } = null!;

    /// <summary>Gets or sets the address of this side. Null if it is unknown.</summary>
    public override EndPoint? LocalEndPoint { get; set; }

    /// <summary>Gets or sets the address of the peer. Null if it is unknown.</summary>
    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>Gets or sets the token that fires, on <see cref="Scheduler"/>, when both directions have ended; after
    /// <see cref="SignalClosedWhenReceivingEnds"/>, when receiving has ended.</summary>
    public override CancellationToken ConnectionClosed
    {
        get => _replacedClosed ?? _closed.Token;
        set => _replacedClosed = value;
    }

    /// <inheritdoc/>
    public CancellationToken PeerEnded => _receiveEnded.Token;

    /// <summary>Gets whether <see cref="ConnectionClosed"/> has fired, or is about to.</summary>
    public bool HasEnded => _closed.HasFired;

    /// <summary>Gets the pool of the connection's buffers.</summary>
    public abstract MemoryPool<byte> MemoryPool { get; }

    /// <inheritdoc/>
    /// <remarks>Default: the thread pool.</remarks>
    public virtual PipeScheduler Scheduler => PipeScheduler.ThreadPool;

    /// <inheritdoc/>
    /// <remarks>Default: that of the system.</remarks>
    public virtual TimeProvider TimeProvider => TimeProvider.System;

    /// <inheritdoc/>
    /// <remarks>Default: a completed task.</remarks>
    public virtual Task SendCompletion => Task.CompletedTask;

    /// <summary>Gets the bytes received from the peer so far, whether the handler has read them or not.</summary>
    public abstract long BytesReceived { get; }

    /// <summary>Gets the bytes given to the system for the peer so far.</summary>
    public abstract long BytesSent { get; }

    /// <inheritdoc/>
    public virtual CloseReason? CloseReason => _closeReason.Reason;

    /// <inheritdoc/>
    public virtual void SetCloseReason(CloseReason reason) => _closeReason.TrySet(reason);

    /// <summary>Ends both directions at once, by RST where the transport has it. The reason is recorded before anything ends.
    /// Safe for use more than once.</summary>
    public abstract void Abort(CloseReason reason);

    /// <inheritdoc cref="IConnectionCloseFeature.Close"/>
    public abstract void Close(CloseReason reason);

    /// <inheritdoc/>
    public void SignalClosedWhenReceivingEnds() => SetReceiveEndFlag(EarlySignalWanted, ReceiveEnded);

    /// <summary>Ends both directions at once, with <see cref="CloseCause.Abort"/>.</summary>
    public override void Abort() => Abort(CloseReason.Local(CloseCause.Abort, "the connection was aborted by this process"));

    /// <inheritdoc cref="Abort()"/>
    /// <param name="abortReason">The exception that caused the end. Null closes the connection in order, as one whose peer has
    /// ended its side.</param>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        if (abortReason is not null)
            Abort(CloseReason.Local(CloseCause.Abort, abortReason.Message, abortReason));
        else if ((Volatile.Read(ref _receiveEnd) & ReceiveEnded) != 0)
            Close(CloseReason.PeerFin); // Kestrel passes null when the client has ended its side, which is not a break.
        else
            Abort();
    }

    /// <summary>Fires <see cref="ConnectionClosed"/>, on <see cref="Scheduler"/> and never on the caller's stack. A derived
    /// class calls it when both directions have ended. Safe for use more than once.</summary>
    protected void SignalClosed()
    {
        if (_closed.Fire() is { IsCancellationRequested: false } watched)
            Scheduler.Schedule(_ => Cancel(watched, nameof(ConnectionClosed)), null);
    }

    /// <summary>Records that nothing more will be received. A derived class calls it after it has completed the input of the
    /// handler. Fires <see cref="PeerEnded"/>, on <see cref="Scheduler"/>. Safe for use more than once.</summary>
    protected void OnReceiveEnded()
    {
        if (_receiveEnded.Fire() is { IsCancellationRequested: false } watched)
            Scheduler.Schedule(_ => Cancel(watched, nameof(PeerEnded)), null);
        SetReceiveEndFlag(ReceiveEnded, EarlySignalWanted);
    }

    // The second of the two sees the first: each sets its bit and reads the other in one step.
    private void SetReceiveEndFlag(int own, int other)
    {
        if ((Interlocked.Or(ref _receiveEnd, own) & other) != 0)
            SignalClosed();
    }

    private void Cancel(CancellationTokenSource watched, string token)
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
                CloseCause.HandlerError, $"a callback of {token} threw: {error.Message}", error));
        }
    }
}
