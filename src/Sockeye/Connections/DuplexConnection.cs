using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// A connection of two directions that end each for itself. How it is closed in order, and within which time, is the same
/// whatever moves its bytes.
/// </summary>
internal abstract partial class DuplexConnection(StreamConnectionOptions options)
    : TransportConnection, IConnectionProgressFeature
{
    internal StreamConnectionOptions StreamOptions => options;

    /// <summary>Ends when nothing more will be received.</summary>
    protected abstract Task ReceiveCompletion { get; }

    public abstract override Task SendCompletion { get; }

    /// <summary>Ends when the socket is closed and nothing is held any more.</summary>
    protected abstract Task Finished { get; }

    public abstract ConnectionProgress Progress { get; }

    public abstract SystemProgress? GetSystemProgress();

    public bool IsReadPaused => ReadPausedFor > TimeSpan.Zero;

    public abstract TimeSpan ReadPausedFor { get; }

    public bool IsSendBlocked => SendBlockedFor > TimeSpan.Zero;

    public abstract TimeSpan SendBlockedFor { get; }

    /// <summary>
    /// Nobody will read or write any more: what was written is to be sent, with FIN behind it. Ends soon, whatever the peer does:
    /// if by then all is sent, no timer was needed.
    /// </summary>
    protected abstract ValueTask CompletePipesAsync();

    /// <summary>
    /// After <see cref="CompletePipesAsync"/>: what arrives from now on is thrown away even if a reader still holds its last
    /// result and has not come back. Safe from any thread, more than once.
    /// </summary>
    protected abstract void DiscardInput();

    /// <summary>
    /// It is closed. Memory that a reader has not said to be done with is left to that reader, and counts as lent no more.
    /// </summary>
    protected abstract void AbandonInputMemory();

    /// <summary>Ends both directions at once, unless they have ended already.</summary>
    protected abstract void Break(CloseReason reason, bool reset);

    public override void Abort(CloseReason reason) => Break(reason, reset: true);

    public override void Close(CloseReason reason) => Break(reason, reset: false);

    /// <summary>
    /// Sends what was written, then FIN; throws away what still arrives, until the peer has acknowledged everything and ended its
    /// side; closes. Bounded by the options' <c>CloseTimeout</c>, <c>LingerTimeout</c> and <c>MaxLingerTime</c>. Where it has an
    /// owner, the one who uses it only gives up its pipes.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        await CompletePipesAsync().ConfigureAwait(options.KeepsContext);
        if (HasOwner)
            return;
        await FlushWithTimeoutAsync().ConfigureAwait(options.KeepsContext);
        await LingerAsync().ConfigureAwait(options.KeepsContext);
        await Finished.ConfigureAwait(options.KeepsContext);
        AbandonInputMemory();
    }

    /// <summary>Waits until all is sent, as long as the peer takes something.</summary>
    protected async ValueTask FlushWithTimeoutAsync()
    {
        while (!SendCompletion.IsCompleted)
        {
            var before = GetAcknowledged();
            if (await CompletesInTimeAsync(SendCompletion, options.ShortestTimeout).ConfigureAwait(options.KeepsContext))
                return;
            DiscardInput(); // A peer that writes first and reads later takes nothing before its own bytes are taken.
            if (!await CompletesInTimeAsync(SendCompletion, options.CloseTimeout - options.ShortestTimeout)
                    .ConfigureAwait(options.KeepsContext)
                && GetAcknowledged() == before)
            {
                Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer took nothing for {options.CloseTimeout.TotalSeconds:0.###} s of what was still to be sent"));
                return;
            }
        }
    }

    /// <summary>
    /// After FIN: waits for the peer, as long as <see cref="LingerPolicy"/> has it. Closing earlier would answer a late byte of
    /// the peer with RST, which destroys what the peer has not acknowledged yet (RFC 9293, section 3.6; RFC 9112, section 9.6).
    /// </summary>
    private async ValueTask LingerAsync()
    {
        if (ReceiveCompletion.IsCompleted)
            return;
        var patience = new LingerPolicy(options);
        while (!await CompletesInTimeAsync(ReceiveCompletion, patience.PollInterval).ConfigureAwait(options.KeepsContext))
        {
            var system = GetSystemProgress();
            if (patience.Poll(system) is { } over)
            {
                // In order, also where something is missing: the system goes on sending it by itself.
                Break(over, reset: false);
                return;
            }

            // Unread bytes would turn close() into a reset.
            if (system is { HasPending: true })
                DiscardInput();
        }
    }

    /// <summary>
    /// Grows as long as the peer takes something. What this side's system takes says little: it waits for much room.
    /// </summary>
    private long GetAcknowledged() => GetSystemProgress()?.Acknowledged ?? BytesSent;

    private async ValueTask<bool> CompletesInTimeAsync(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            await task.WaitAsync(timeout, options.TimeProvider).WithoutThrowing(options.KeepsContext);
        return task.IsCompleted;
    }

    /// <summary>An error of a socket: the connection breaks, but what arrived before a reset is still received.</summary>
    protected void BreakAfterError(SocketException error, bool isSend) => BreakAfterError(SocketErrors.ToCloseReason(error), isSend);

    /// <inheritdoc cref="BreakAfterError(SocketException, bool)"/>
    protected void BreakAfterError(CloseReason reason, bool isSend)
    {
        // What arrived before the reset is still with the system: receiving takes it and then meets the reset too.
        if (isSend && reason.Cause is CloseCause.Reset)
            SetCloseReason(reason);
        else
            Break(reason, reset: true);
    }

    /// <summary>The handler completed its output with this error, or the observer of steps threw it.</summary>
    protected void BreakAfterLocalError(Exception error) => Break(
        CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error), reset: true);

    /// <summary>Does what a user may watch: the end goes on whatever the observer throws.</summary>
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
}
