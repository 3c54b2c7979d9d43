using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Sockeye.Transports;

/// <summary>
/// The base of a connection that has pipes: two directions that end independently, and the rules of an orderly close.
/// </summary>
/// <remarks>
/// <para>A derived class is the driver of the pipes: it transfers the bytes, and reports what the socket does. This class decides
/// when the connection is flushed, how long it lingers for its peer, and when it is broken. A transport that has a socket with
/// asynchronous calls uses <see cref="StreamConnection"/> instead.</para>
/// <para>C# disposes the objects of a handler before the server sees the handler's exception. A FIN that was sent by then cannot
/// be withdrawn, and a truncated response would look complete. Therefore, while a server owns a connection, the FIN of a
/// completed output is withheld until the handler continues: until it waits for the peer in a read, or returns, or one second has
/// passed. When an exception reaches the server first, the connection is still open, and the server resets it.</para>
/// <para>Members are safe for use from any thread, except those that only the driver calls. The driver receives in one call at a
/// time, and sends in one call at a time.</para>
/// </remarks>
public abstract partial class DuplexConnection
    : TransportConnection, IDuplexPipe, IPipeDriver, IConnectionProgressFeature, IOwnableConnection
{
    /// <summary>
    /// The maximum delay of the FIN of a completed output, for a handler that neither reads nor returns. The handler must dispose
    /// its objects within this time.
    /// </summary>
    internal static readonly TimeSpan MaxFinDelay = TimeSpan.FromSeconds(1);

    private ConnectionLifecycle _lifecycle;
    private LazySignal _receiving;
    private LazySignal _sending;
    private LazySignal _finished;
    private long _bytesSent;
    private long _lastActivityAt;
    private CoarseTimer? _finTimer;
    private FinDelay? _finDelay;

    /// <summary>Creates the connection, idle.</summary>
    /// <param name="options">The limits of the connection.</param>
    /// <param name="signals">The options of tasks that others wait for, which decide where waiters resume.</param>
    protected DuplexConnection(
        TransportConnectionOptions options,
        TaskCreationOptions signals = TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Options = options;
        (Input, Output) = (new(this), new(this));
        (_receiving, _sending, _finished) = (new(signals), new(signals), new(signals));
        Transport = this;
        _lastActivityAt = options.TimeProvider.GetTimestamp();
    }

    /// <summary>Gets the limits of the connection.</summary>
    public TransportConnectionOptions Options { get; }

    /// <inheritdoc/>
    public override Task SendCompletion => _sending.Task;

    /// <inheritdoc/>
    public override TimeProvider TimeProvider => Options.TimeProvider;

    /// <inheritdoc/>
    public override MemoryPool<byte> MemoryPool => Options.Pool;

    /// <inheritdoc/>
    public override long BytesReceived => Input.BytesReceived;

    /// <inheritdoc/>
    public override long BytesSent => Volatile.Read(ref _bytesSent);

    /// <inheritdoc/>
    public ConnectionProgress Progress => new(
        BytesReceived,
        BytesSent,
        Options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastActivityAt)),
        Output.HasUnsent,
        Output.TotalBlockedTime,
        Input.TotalPauseTime);

    /// <inheritdoc/>
    public bool IsReadPaused => ReadPausedFor > TimeSpan.Zero;

    /// <inheritdoc/>
    public TimeSpan ReadPausedFor => Input.PausedFor;

    /// <inheritdoc/>
    public bool IsSendBlocked => SendBlockedFor > TimeSpan.Zero;

    /// <inheritdoc/>
    public TimeSpan SendBlockedFor => Output.BlockedFor;

    internal bool HasOwner => State.Owner is not LifecycleState.OwnerState.None;

    /// <summary>A task that completes when nothing more will be received.</summary>
    internal Task ReceiveCompletion => _receiving.Task;

    bool IConnectionOwnerFeature.HasOwner => HasOwner;

    PipeReader IDuplexPipe.Input => Input;

    PipeWriter IDuplexPipe.Output => Output;

    int IPipeDriver.MaxReadBufferSize => Options.MaxReadBufferSize;

    int IPipeDriver.MaxWriteBufferSize => Options.MaxWriteBufferSize;

    long IPipeDriver.Now => Now;

    /// <summary>Gets the reading end, which the driver fills.</summary>
    protected InputPipe Input { get; }

    /// <summary>Gets the writing end, which the driver drains.</summary>
    protected OutputPipe Output { get; }

    /// <summary>Gets the time of the driver's calls, as a timestamp of the clock. Default: reads the clock.</summary>
    protected virtual long Now => Options.TimeProvider.GetTimestamp();

    /// <summary>Gets whether anything may still be received.</summary>
    protected bool CanReceive => State.CanReceive;

    /// <summary>Gets whether anything may still be sent.</summary>
    protected bool CanSend => State.CanSend;

    /// <summary>Gets whether the peer's FIN has arrived.</summary>
    protected bool IsFinReceived => State.Input is LifecycleState.InputState.Ended;

    /// <summary>Gets whether both directions end, or have ended.</summary>
    protected bool IsEnding => State.IsEnding;

    /// <summary>Gets whether the connection ends by RST.</summary>
    protected bool Resets => State.Resets;

    /// <summary>Gets whether the socket is closed, and all resources are released.</summary>
    protected bool IsFinished => _finished.IsSet;

    /// <summary>Gets a task that completes when the socket is closed, and all resources are released.</summary>
    protected Task Finished => _finished.Task;

    private LifecycleState State => _lifecycle.State;

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
        await CompletePipesAsync().ConfigureAwait(Options.KeepsContext);
        if (HasOwner)
            return;
        var closing = new LingeringClose(this);
        await closing.FlushAsync().ConfigureAwait(Options.KeepsContext);
        await closing.LingerAsync().ConfigureAwait(Options.KeepsContext);
        await Finished.ConfigureAwait(Options.KeepsContext);
        Input.Abandon();
    }

    void IOwnableConnection.TakeOwnership(CoarseTimer timer)
    {
        Debug.Assert(!HasOwner, "A connection has one owner.");
        _finTimer = timer;
        _lifecycle.Apply(LifecycleEvent.OwnerTaken);
    }

    void IOwnableConnection.ReleaseOwnership() => Apply(LifecycleEvent.OwnerReleased);

    void IOwnableConnection.TransferOwnership(IOwnableConnection upper)
    {
        Debug.Assert(upper != this, "Ownership moves to a connection that is layered on top.");
        if (!HasOwner)
            return;
        upper.TakeOwnership(_finTimer!);
        Apply(LifecycleEvent.OwnerReleased);
    }

    PipeSegment IPipeDriver.Rent(int size) => Rent(size);

    void IPipeDriver.RequestReceive() => RequestReceive();

    void IPipeDriver.RequestSend() => RequestSend();

    void IPipeDriver.ResumeHandler(IThreadPoolWorkItem handler) => ResumeHandler(handler);

    void IPipeDriver.OnHandlerFailed(Exception exception) => BreakAfterLocalError(exception);

    void IPipeDriver.AssertDriving() => AssertDriving();

    void IPipeDriver.OnReadPending()
    {
        // The wait began under the lock of the input, whose release is a full fence: either this sees that FIN is withheld, or
        // the driver that withholds it sees the wait.
        if (State.Output is LifecycleState.OutputState.FinWithheld)
            Apply(LifecycleEvent.FinDue);
    }

    /// <summary>Ends both directions at once, unless they have ended already. Records the reason before anything ends.</summary>
    /// <param name="reason">The reason of the end.</param>
    /// <param name="reset">Whether to end by RST rather than by FIN.</param>
    protected internal void Break(CloseReason reason, bool reset)
    {
        Apply(reset ? LifecycleEvent.ResetRequested : LifecycleEvent.CloseRequested, reason);
        DeferIfFrozen(reason, reset);
    }

    /// <summary>Discards data that arrives from now on, even if a reader still holds its last result. Called after the pipes were
    /// completed.</summary>
    internal void DiscardInput() => Input.DiscardIncoming();

    /// <summary>Starts the handler that a server runs for the connection, never on the caller's stack. Safe from any thread.
    /// Default: on the scheduler of the server.</summary>
    /// <param name="handler">The handler's start.</param>
    /// <param name="scheduler">The scheduler of the server.</param>
    protected internal virtual void StartHandler(IThreadPoolWorkItem handler, PipeScheduler scheduler) =>
        scheduler.Queue(handler);

    /// <inheritdoc cref="IPipeDriver.Rent"/>
    protected abstract PipeSegment Rent(int size);

    /// <inheritdoc cref="IPipeDriver.RequestReceive"/>
    protected abstract void RequestReceive();

    /// <inheritdoc cref="IPipeDriver.RequestSend"/>
    protected abstract void RequestSend();

    /// <inheritdoc cref="IPipeDriver.ResumeHandler"/>
    protected abstract void ResumeHandler(IThreadPoolWorkItem handler);

    /// <inheritdoc cref="IPipeDriver.AssertDriving"/>
    protected virtual void AssertDriving()
    {
    }

    /// <summary>
    /// Asks the driver to call <see cref="EndBothDirections"/>, to close the socket, and then to call
    /// <see cref="OnSocketClosed"/>. Called once.
    /// </summary>
    /// <param name="isDriving">Whether the driver is the caller, at the end of a direction.</param>
    protected abstract void RequestClose(bool isDriving);

    /// <summary>Sends FIN on the socket.</summary>
    protected abstract void ShutdownSend();

    /// <summary>Returns whether the socket is known to be reset although a receive returned FIN, or FIN can be sent.</summary>
    /// <param name="isFinReceived">Whether a receive has just returned FIN, rather than that FIN is about to be sent.</param>
    protected abstract bool IsResetHidden(bool isFinReceived);

    /// <summary>Reports the peer's FIN to the observer of steps. Default: does nothing, as the socket reports it.</summary>
    protected virtual void NotifyFinReceived()
    {
    }

    /// <summary>Reports an error of the socket to the observer of steps.</summary>
    protected abstract void NotifyFailure(SocketException exception, bool isSend, bool isReset);

    /// <summary>Resumes waiters of a task of the connection. Default: where the options of the task say.</summary>
    protected virtual void ResumeWaiters(TaskCompletionSource waiting) => waiting.TrySetResult();

    /// <summary>
    /// Completes both pipes: the written data is sent, and then FIN. Completes soon, independently of the peer. If everything is
    /// sent by then, no timer is needed.
    /// </summary>
    protected virtual ValueTask CompletePipesAsync()
    {
        CompletePipes();
        return default;
    }

    /// <summary>Completes both pipes, at once.</summary>
    protected void CompletePipes()
    {
        Input.Detach();
        Output.Complete();
    }

    /// <summary>Records the time of a receive. Called before its bytes are added to the input, so that a reader that sees the new
    /// count also sees the new time.</summary>
    protected void OnReceived() => Volatile.Write(ref _lastActivityAt, Now);

    /// <summary>Called by the driver when a receive returned 0 bytes: FIN, or a reset whose error a send has consumed.</summary>
    protected void OnFinReceived()
    {
        AssertDriving();
        if (State.Input is LifecycleState.InputState.OpenAfterReset || IsResetHidden(isFinReceived: true))
        {
            OnReceiveFailed(new SocketException((int)SocketError.ConnectionReset));
            return;
        }

        NotifyFinReceived();
        Apply(LifecycleEvent.FinReceived, CloseReason.PeerFin, isDriving: true);
    }

    /// <summary>Called by the driver when a receive has failed.</summary>
    protected void OnReceiveFailed(SocketException error)
    {
        NotifyFailureUnlessEnding(error, isSend: false);
        OnReceiveFailed(SocketErrors.ToCloseReason(error));
    }

    /// <inheritdoc cref="OnReceiveFailed(SocketException)"/>
    protected void OnReceiveFailed(CloseReason reason)
    {
        AssertDriving();
        Debug.Assert(!reason.IsOrderly, "An error is not an orderly end.");
        Apply(LifecycleEvent.ReceiveFailed, reason);
    }

    /// <summary>Records bytes that the system accepted. Returns true if there are more bytes, or FIN, to send.</summary>
    protected bool OnSent(int count)
    {
        AssertDriving();
        Volatile.Write(ref _lastActivityAt, Now);
        Volatile.Write(ref _bytesSent, _bytesSent + count);
        return Output.EndSend(count);
    }

    /// <summary>Called by the driver when a send has failed.</summary>
    protected void OnSendFailed(SocketException error)
    {
        NotifyFailureUnlessEnding(error, isSend: true);
        OnSendFailed(SocketErrors.ToCloseReason(error));
    }

    /// <inheritdoc cref="OnSendFailed(SocketException)"/>
    protected void OnSendFailed(CloseReason reason)
    {
        AssertDriving();
        Debug.Assert(!reason.IsOrderly, "An error is not an orderly end.");
        var found = reason.Cause is CloseCause.Reset ? LifecycleEvent.SendFoundReset : LifecycleEvent.SendFailed;
        Apply(found, reason, isDriving: true);
    }

    /// <summary>Called by the driver when everything was sent, and the output is completed: sends FIN, unless it is
    /// withheld.</summary>
    protected void OnOutputSent()
    {
        AssertDriving();
        // Once the peer's FIN has ended receiving, nothing else would detect a reset that came after it.
        if (IsFinReceived && IsResetHidden(isFinReceived: false))
            OnSendFailed(new SocketException((int)SocketError.ConnectionReset));
        else
            Apply(LifecycleEvent.OutputSent, CloseReason.LocalFin, isDriving: true);
    }

    /// <summary>Breaks the connection after an error with which the handler completed its output, or which the observer of socket
    /// steps threw.</summary>
    protected void BreakAfterLocalError(Exception error) => Break(
        CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error), reset: true);

    /// <summary>Ends both pipes, because the driver closes the socket. Readers get what has arrived, and then the error, if the
    /// end is one. Safe for use more than once: a step may throw for lack of memory.</summary>
    protected void EndBothDirections()
    {
        AssertDriving();
        Apply(LifecycleEvent.Closing);
        CarryOut(LifecycleActions.EndInput | LifecycleActions.EndOutput);
    }

    /// <summary>Called by the driver when the socket is closed, and no operation uses memory of the pipes. Safe for use more than
    /// once: a step may throw for lack of memory.</summary>
    protected void OnSocketClosed()
    {
        AssertDriving();
        Apply(LifecycleEvent.Closed);
        Debug.Assert(State.End is LifecycleState.EndState.Closed, "The close was requested, and has begun.");
        CarryOut(LifecycleActions.NotifyClosed);
    }

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

    private void NotifyFailureUnlessEnding(SocketException error, bool isSend)
    {
        // A closed socket ends its operations by errors. The reason is recorded already.
        if (!IsEnding)
            RunObserver(() => NotifyFailure(error, isSend, SocketErrors.ToCloseReason(error).Cause is CloseCause.Reset));
    }

    private void Apply(LifecycleEvent @event, CloseReason? reason = null, bool isDriving = false)
    {
        if (@event is LifecycleEvent.OutputSent && HasOwner)
            _finDelay ??= new(this); // Before FIN is withheld, so that an event that releases it finds the delay.
        CarryOut(_lifecycle.Apply(@event), reason, isDriving);
    }

    /// <remarks>Actions that the driver repeats after an error have no effect the second time.</remarks>
    private void CarryOut(LifecycleActions actions, CloseReason? reason = null, bool isDriving = false)
    {
        // The reason comes first, so that every observer of the end finds it.
        if (actions.Has(LifecycleActions.RecordReason))
            SetCloseReason(reason!);
        if (actions.Has(LifecycleActions.StopFinTimer))
            _finTimer!.Cancel(_finDelay!);
        if (actions.Has(LifecycleActions.StartFinTimer))
            WithholdFin();
        if (actions.Has(LifecycleActions.RequestSend))
            RequestSend();
        if (actions.Has(LifecycleActions.SendFin))
            TryShutdownSend();
        if (actions.Has(LifecycleActions.EndInput))
        {
            Input.End(CloseReason is { IsOrderly: false } error ? SocketErrors.ToReadException(error) : null);
            Notify(ref _receiving);
            OnReceiveEnded();
        }

        if (actions.Has(LifecycleActions.EndOutput))
        {
            Output.End();
            Notify(ref _sending);
        }

        if (actions.Has(LifecycleActions.Close))
        {
            _freeze?.Complete(isFrozen: false);
            RequestClose(isDriving);
        }

        if (actions.Has(LifecycleActions.Resume))
            RequestThaw();
        if (actions.Has(LifecycleActions.NotifyClosed))
        {
            Output.ReleaseAll();
            SignalClosed();
            Notify(ref _finished);
        }
    }

    /// <remarks>The other actions follow even if the system or an observer of steps fails.</remarks>
    private void TryShutdownSend()
    {
        try
        {
            ShutdownSend();
        }
        catch (SocketException e)
        {
            OnSendFailed(e);
        }
        catch (Exception e)
        {
            RunObserver(() => throw e);
            BreakAfterLocalError(e);
        }
    }

    private void WithholdFin()
    {
        if (Input.IsWaiting)
            Apply(LifecycleEvent.FinDue);
        else
            _finTimer!.Set(_finDelay!, MaxFinDelay); // If FIN is due meanwhile, the timer finds nothing to do.
    }

    private void Notify(ref LazySignal signal)
    {
        if (signal.TakeWaiters() is { } waiting)
            ResumeWaiters(waiting);
    }

    private sealed class FinDelay(DuplexConnection connection) : CoarseTimerEntry
    {
        internal protected override void OnDue() => connection.Apply(LifecycleEvent.FinDue);
    }
}
