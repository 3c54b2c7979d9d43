using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>
/// The base of a connection that has its own pipes: two directions that end independently, and the rules of an orderly close.
/// </summary>
/// <remarks>
/// <para>It decides when a connection is flushed, how long it lingers for its peer, and when it is broken. A derived class
/// transfers the bytes. A transport that has a socket but no pipes uses <see cref="StreamConnection"/> instead.</para>
/// <para>C# disposes the objects of a handler before the server sees the handler's exception. A FIN that was sent by then cannot
/// be withdrawn, and a truncated response would look complete. Therefore, while a server owns a connection, the FIN of a
/// completed output is withheld until the handler continues: until it waits for the peer in a read, or returns, or one second has
/// passed. When an exception reaches the server first, the connection is still open, and the server resets it. A derived class
/// calls <see cref="CanSendFin"/> before it sends FIN, and <see cref="OnReadPending"/> when a read waits.</para>
/// <para>Members are safe for use from any thread unless they say otherwise.</para>
/// </remarks>
/// <param name="options">The limits of the connection.</param>
public abstract class DuplexConnection(TransportConnectionOptions options)
    : TransportConnection, IConnectionProgressFeature, IOwnableConnection
{
    /// <summary>
    /// The maximum delay of the FIN of a completed output, for a handler that neither reads nor returns. The handler must dispose
    /// its objects within this time.
    /// </summary>
    internal static readonly TimeSpan MaxFinDelay = TimeSpan.FromSeconds(1);

    private int _ownership;
    private CoarseTimer? _finTimer;
    private FinDelay? _finDelay;

    private enum Ownership
    {
        /// <summary>The user of the connection ends it.</summary>
        Unowned,

        /// <summary>The owner ends it. The output is open, or not all of it is sent.</summary>
        Owned,

        /// <summary>All is sent, and FIN waits.</summary>
        FinWithheld,

        /// <summary>The owner ends it, but FIN may be sent.</summary>
        FinReleased,
    }

    internal bool HasOwner => CurrentOwnership is not Ownership.Unowned;

    /// <inheritdoc/>
    public abstract override Task SendCompletion { get; }

    /// <inheritdoc/>
    public override MemoryPool<byte> MemoryPool => options.Pool;

    /// <inheritdoc/>
    public abstract ConnectionProgress Progress { get; }

    /// <inheritdoc/>
    public bool IsReadPaused => ReadPausedFor > TimeSpan.Zero;

    /// <inheritdoc/>
    public abstract TimeSpan ReadPausedFor { get; }

    /// <inheritdoc/>
    public bool IsSendBlocked => SendBlockedFor > TimeSpan.Zero;

    /// <inheritdoc/>
    public abstract TimeSpan SendBlockedFor { get; }

    internal TransportConnectionOptions StreamOptions => options;

    /// <summary>Gets a task that completes when nothing more will be received.</summary>
    protected abstract Task ReceiveCompletion { get; }

    /// <summary>Gets a task that completes when the socket is closed and all resources are released.</summary>
    protected abstract Task Finished { get; }

    /// <summary>Gets whether a read of the handler waits for the peer.</summary>
    protected abstract bool IsReadPending { get; }

    bool IConnectionOwnerFeature.HasOwner => HasOwner;

    private Ownership CurrentOwnership => (Ownership)Volatile.Read(ref _ownership);

    /// <inheritdoc/>
    public abstract SystemProgress? GetSystemProgress();

    /// <inheritdoc/>
    public override void Abort(CloseReason reason) => Break(reason, reset: true);

    /// <inheritdoc/>
    public override void Close(CloseReason reason) => Break(reason, reset: false);

    /// <summary>
    /// Sends the written data, then FIN; discards received data until the peer has acknowledged everything and ended its side;
    /// then closes. Bounded by <see cref="TransportConnectionOptions.CloseTimeout"/>,
    /// <see cref="TransportConnectionOptions.LingerTimeout"/> and <see cref="TransportConnectionOptions.MaxLingerTime"/>. On a
    /// connection that a server or a pool owns, it only completes the pipes.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CompletePipesAsync().ConfigureAwait(options.KeepsContext);
        if (HasOwner)
            return;
        await FlushWithTimeoutAsync().ConfigureAwait(options.KeepsContext);
        await LingerAsync().ConfigureAwait(options.KeepsContext);
        await Finished.ConfigureAwait(options.KeepsContext);
        AbandonInputMemory();
    }

    void IOwnableConnection.TakeOwnership(CoarseTimer timer)
    {
        Debug.Assert(CurrentOwnership is Ownership.Unowned, "A connection has one owner.");
        _finTimer = timer;
        Volatile.Write(ref _ownership, (int)Ownership.Owned);
    }

    void IOwnableConnection.ReleaseOwnership() => ReleaseOwnership();

    void IOwnableConnection.TransferOwnership(IOwnableConnection upper)
    {
        Debug.Assert(upper != this, "Ownership moves to a connection that is layered on top.");
        if (!HasOwner)
            return;
        upper.TakeOwnership(_finTimer!);
        ReleaseOwnership();
    }

    private void ReleaseOwnership()
    {
        if ((Ownership)Interlocked.Exchange(ref _ownership, (int)Ownership.Unowned) is not Ownership.FinWithheld)
            return;
        Debug.Assert(_finTimer is not null && _finDelay is not null, "FIN is withheld with a timer.");
        _finTimer.Cancel(_finDelay);
        SendWithheldFin();
    }

    /// <summary>Releases a withheld FIN, because a read of the handler waits for the peer. Called after
    /// <see cref="IsReadPending"/> has become true, with a full fence between.</summary>
    protected internal void OnReadPending()
    {
        if (CurrentOwnership is Ownership.FinWithheld)
            ReleaseFin();
    }

    /// <summary>
    /// Completes both pipes: the written data is sent, and then FIN. Completes soon, independently of the peer. If everything is
    /// sent by then, no timer is needed.
    /// </summary>
    protected abstract ValueTask CompletePipesAsync();

    /// <summary>
    /// Discards data that arrives from now on, even if a reader still holds its last result. Called after
    /// <see cref="CompletePipesAsync"/>. Safe from any thread, more than once.
    /// </summary>
    protected abstract void DiscardInput();

    /// <summary>
    /// Leaves memory that a reader has not released to that reader, and no longer counts it as rented. The connection is closed.
    /// </summary>
    protected abstract void AbandonInputMemory();

    /// <summary>Calls <see cref="CanSendFin"/> again, and sends FIN if it may be sent. All data is sent already.</summary>
    protected abstract void SendWithheldFin();

    /// <summary>Ends both directions at once, unless they have ended already. Records the reason before anything ends.</summary>
    /// <param name="reason">The reason of the end.</param>
    /// <param name="reset">Whether to end by RST rather than by FIN.</param>
    protected abstract void Break(CloseReason reason, bool reset);

    /// <summary>Returns whether FIN may follow now that the output is completed and sent. If not, a call of
    /// <see cref="SendWithheldFin"/> follows. For one caller at a time.</summary>
    protected bool CanSendFin()
    {
        if (CurrentOwnership is not (Ownership.Owned or Ownership.FinWithheld))
            return true;
        _finDelay ??= new(this); // Before FIN is withheld, so that a release of the ownership finds it.
        if (!TryTransition(Ownership.Owned, Ownership.FinWithheld))
            return CurrentOwnership is not Ownership.FinWithheld;

        // A full fence lies between: either this sees the pending read, or the reader sees that FIN is withheld.
        if (IsReadPending)
            return TryTransition(Ownership.FinWithheld, Ownership.FinReleased);
        Debug.Assert(_finTimer is not null, "An owner has set its timer.");
        _finTimer.Set(_finDelay, MaxFinDelay);
        return false;
    }

    /// <summary>Waits until everything is sent, as long as the peer acknowledges something.</summary>
    private protected async ValueTask FlushWithTimeoutAsync()
    {
        while (!SendCompletion.IsCompleted)
        {
            var before = GetAcknowledged();
            if (await CompletesInTimeAsync(SendCompletion, options.ShortestTimeout).ConfigureAwait(options.KeepsContext))
                return;
            DiscardInput(); // A peer that writes first and reads later receives nothing before its own bytes are received.
            if (!await CompletesInTimeAsync(SendCompletion, options.CloseTimeout - options.ShortestTimeout)
                    .ConfigureAwait(options.KeepsContext)
                && GetAcknowledged() == before)
            {
                Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer read nothing for {options.CloseTimeout.TotalSeconds:0.###} s of the data still to be sent"));
                return;
            }
        }
    }

    /// <summary>Breaks the connection after an error of the socket. Data that arrived before a reset is still received.</summary>
    /// <param name="error">The error.</param>
    /// <param name="isSend">Whether the error came from a send rather than a receive.</param>
    protected void BreakAfterError(SocketException error, bool isSend) =>
        BreakAfterError(SocketErrors.ToCloseReason(error), isSend);

    /// <inheritdoc cref="BreakAfterError(SocketException, bool)"/>
    /// <param name="reason">The reason of the end.</param>
    /// <param name="isSend">Whether the error came from a send rather than a receive.</param>
    protected void BreakAfterError(CloseReason reason, bool isSend)
    {
        Debug.Assert(!reason.IsOrderly, "An error is not an orderly end.");

        // The system still has the data that arrived before the reset: receiving returns it, and then reports the reset.
        if (isSend && reason.Cause is CloseCause.Reset)
            SetCloseReason(reason);
        else
            Break(reason, reset: true);
    }

    /// <summary>Breaks the connection after an error with which the handler completed its output, or which the observer of socket
    /// steps threw.</summary>
    protected void BreakAfterLocalError(Exception error) => Break(
        CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error), reset: true);

    /// <summary>Runs a step of the end that a user's observer sees. The end continues if the observer throws.</summary>
    protected void RunObserver(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            SetCloseReason(CloseReason.Local(
                CloseCause.HandlerError, $"the observer of steps threw {e.GetType().Name}: {e.Message}", e));
        }
    }

    /// <summary>
    /// Waits for the peer after FIN, as <see cref="LingerPolicy"/> decides. Closing earlier would answer a late byte of the peer
    /// with RST, which destroys what the peer has not acknowledged yet (RFC 9293, section 3.6; RFC 9112, section 9.6).
    /// </summary>
    private async ValueTask LingerAsync()
    {
        if (ReceiveCompletion.IsCompleted)
            return;
        var policy = new LingerPolicy(options);
        while (!await CompletesInTimeAsync(ReceiveCompletion, policy.PollInterval).ConfigureAwait(options.KeepsContext))
        {
            var system = GetSystemProgress();
            if (policy.Poll(system) is { } reason)
            {
                // In order, even if the peer has not acknowledged everything: the system continues to send it.
                Break(reason, reset: false);
                return;
            }

            // Unread bytes would turn close() into a reset.
            if (system is { HasPending: true })
                DiscardInput();
        }
    }

    /// <summary>
    /// Returns a count that grows while the peer acknowledges data. The system's acceptance of data is a poor measure: the system
    /// waits until much buffer space is free.
    /// </summary>
    private long GetAcknowledged() => GetSystemProgress()?.Acknowledged ?? BytesSent;

    private async ValueTask<bool> CompletesInTimeAsync(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            await task.WaitAsync(timeout, options.TimeProvider).WithoutThrowing(options.KeepsContext);
        return task.IsCompleted;
    }

    private void ReleaseFin()
    {
        if (!TryTransition(Ownership.FinWithheld, Ownership.FinReleased))
            return;
        _finTimer!.Cancel(_finDelay!);
        SendWithheldFin();
    }

    private bool TryTransition(Ownership from, Ownership to) =>
        Interlocked.CompareExchange(ref _ownership, (int)to, (int)from) == (int)from;

    private sealed class FinDelay(DuplexConnection connection) : CoarseTimerEntry
    {
        internal protected override void OnDue() => connection.ReleaseFin();
    }
}
