using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// A connection of two directions that end each for itself. How it is closed in order, and within which time, is the same
/// whatever moves its bytes.
/// </summary>
internal abstract partial class DuplexConnection(StreamConnectionOptions options)
    : TransportConnection, IConnectionMovingFeature, IConnectionProgressFeature
{
    StreamConnectionOptions IConnectionMovingFeature.Options => options;

    Task IConnectionMovingFeature.Sending => Sending;

    /// <summary>Ends when nothing more will be received.</summary>
    protected abstract Task Receiving { get; }

    /// <summary>Ends when nothing more will be sent.</summary>
    protected abstract Task Sending { get; }

    /// <summary>Ends when the socket is closed and nothing is held any more.</summary>
    protected abstract Task Finished { get; }

    public abstract ConnectionProgress Progress { get; }

    public abstract SystemProgress? AskSystem();

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
    protected abstract void DropInput();

    /// <summary>
    /// It is closed. Memory that a reader has not said to be done with is left to that reader, and counts as lent no more.
    /// </summary>
    protected abstract void LetGoOfInput();

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
        await FlushInTimeAsync().ConfigureAwait(options.KeepsContext);
        await LingerAsync().ConfigureAwait(options.KeepsContext);
        await Finished.ConfigureAwait(options.KeepsContext);
        LetGoOfInput();
    }

    /// <summary>Waits until all is sent, as long as the peer takes something.</summary>
    protected async ValueTask FlushInTimeAsync()
    {
        while (!Sending.IsCompleted)
        {
            var before = TakenByPeer();
            if (await EndsInTimeAsync(Sending, options.ShortestPatience).ConfigureAwait(options.KeepsContext))
                return;
            DropInput(); // A peer that writes first and reads later takes nothing before its own bytes are taken.
            if (!await EndsInTimeAsync(Sending, options.CloseTimeout - options.ShortestPatience)
                    .ConfigureAwait(options.KeepsContext)
                && TakenByPeer() == before)
            {
                Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer took nothing for {options.CloseTimeout.TotalSeconds:0.###} s of what was still to be sent"));
                return;
            }
        }
    }

    /// <summary>
    /// After FIN: waits for the peer, as long as <see cref="LingerPatience"/> has it. Closing earlier would answer a late byte of
    /// the peer with RST, which destroys what the peer has not acknowledged yet (RFC 9293, section 3.6; RFC 9112, section 9.6).
    /// </summary>
    private async ValueTask LingerAsync()
    {
        if (Receiving.IsCompleted)
            return;
        var patience = new LingerPatience(options);
        while (!await EndsInTimeAsync(Receiving, patience.Step).ConfigureAwait(options.KeepsContext))
        {
            var system = AskSystem();
            if (patience.Look(system) is { } over)
            {
                // In order, also where something is missing: the system goes on sending it by itself.
                Break(over, reset: false);
                return;
            }

            // Unread bytes would turn close() into a reset.
            if (system is { HasWaiting: true })
                DropInput();
        }
    }

    /// <summary>
    /// Grows as long as the peer takes something. What this side's system takes says little: it waits for much room.
    /// </summary>
    private long TakenByPeer() => AskSystem()?.Acknowledged ?? BytesSent;

    private async ValueTask<bool> EndsInTimeAsync(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            await task.WaitAsync(timeout, options.TimeProvider).WithoutThrowing(options.KeepsContext);
        return task.IsCompleted;
    }

    /// <summary>An error of a socket: the connection breaks, but what arrived before a reset is still received.</summary>
    protected void BreakAfter(SocketException error, bool isSend) => BreakAfter(SocketBreak.Explain(error), isSend);

    /// <inheritdoc cref="BreakAfter(SocketException, bool)"/>
    protected void BreakAfter(CloseReason reason, bool isSend)
    {
        // What arrived before the reset is still with the system: receiving takes it and then meets the reset too.
        if (isSend && reason.Cause is CloseCause.Reset)
            Explain(reason);
        else
            Break(reason, reset: true);
    }

    /// <summary>The handler completed its output with this error, or the observer of steps threw it.</summary>
    protected void BreakAfterOwn(Exception error) => Break(
        CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error), reset: true);

    /// <summary>Does what a user may watch: the end goes on whatever the observer throws.</summary>
    protected void Observe(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            Explain(CloseReason.Local(
                CloseCause.HandlerError, $"the observer of steps threw {e.GetType().Name}: {e.Message}", e));
        }
    }
}
