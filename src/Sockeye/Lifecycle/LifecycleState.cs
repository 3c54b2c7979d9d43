using System.Diagnostics;

namespace Sockeye;

/// <summary>The state of a connection's end, as a pure state machine: an event gives the next state and the actions.</summary>
/// <remarks>
/// Nothing else decides how a connection ends. The directions end independently. A FIN of this side is withheld while an owner
/// waits for the outcome of the handler. docs/lifecycle.md has the table of all states and events, which a test compares.
/// </remarks>
internal readonly record struct LifecycleState(
    LifecycleState.InputState Input = LifecycleState.InputState.Open,
    LifecycleState.OutputState Output = LifecycleState.OutputState.Open,
    LifecycleState.OwnerState Owner = LifecycleState.OwnerState.None,
    LifecycleState.EndState End = LifecycleState.EndState.Open)
{
    /// <summary>The receiving direction.</summary>
    internal enum InputState : byte
    {
        /// <summary>More may arrive.</summary>
        Open,

        /// <summary>A send has found a reset, which receiving has still to report.</summary>
        OpenAfterReset,

        /// <summary>The peer's FIN has arrived.</summary>
        Ended,

        /// <summary>Receiving has failed, or the connection is being closed.</summary>
        Failed,
    }

    /// <summary>The sending direction.</summary>
    internal enum OutputState : byte
    {
        /// <summary>More may be sent.</summary>
        Open,

        /// <summary>Everything is sent. FIN waits for the handler.</summary>
        FinWithheld,

        /// <summary>FIN was sent, or nothing more can be sent.</summary>
        Ended,
    }

    /// <summary>The owner of the connection, who ends it.</summary>
    internal enum OwnerState : byte
    {
        /// <summary>The user of the connection ends it.</summary>
        None,

        /// <summary>The owner ends it, and waits for the handler.</summary>
        Owned,

        /// <summary>The owner ends it, but FIN may be sent before the handler returns.</summary>
        FinAllowed,
    }

    /// <summary>The end of both directions.</summary>
    internal enum EndState : byte
    {
        /// <summary>Neither side has ended both directions.</summary>
        Open,

        /// <summary>No operation starts, so that the socket can go to another connection. Some may still be in
        /// flight.</summary>
        Freezing,

        /// <summary>No operation is in flight, and nothing but a thaw or a move changes the state.</summary>
        Frozen,

        /// <summary>The driver was asked to close the socket.</summary>
        Requested,

        /// <summary>The driver was asked to close the socket by RST.</summary>
        ResetRequested,

        /// <summary>The driver was asked to let the socket go, which another connection has.</summary>
        MoveRequested,

        /// <summary>The driver closes the socket.</summary>
        Closing,

        /// <summary>The driver closes the socket by RST.</summary>
        Resetting,

        /// <summary>The driver lets the socket go.</summary>
        Moving,

        /// <summary>The socket is closed, or another connection has it.</summary>
        Closed,
    }

    /// <summary>Whether a receive may start. A FIN that arrives once both directions end changes nothing, and nothing may be
    /// received after it.</summary>
    public bool CanReceive => Input is InputState.Open or InputState.OpenAfterReset && End is EndState.Open;

    /// <summary>Whether a send may start.</summary>
    public bool CanSend => Output is not OutputState.Ended && !IsStill;

    /// <summary>Whether no operation may start, because the socket may go to another connection, or goes there.</summary>
    public bool IsStill => End is EndState.Freezing or EndState.Frozen or EndState.MoveRequested;

    /// <summary>Whether the socket goes to another connection, or has gone.</summary>
    public bool Moves => End is EndState.MoveRequested or EndState.Moving;

    /// <summary>Whether the connection ends by RST.</summary>
    public bool Resets => End is EndState.ResetRequested or EndState.Resetting;

    /// <summary>Whether both directions end, or have ended.</summary>
    public bool IsEnding => End is not (EndState.Open or EndState.Freezing or EndState.Frozen);

    private bool CanFreeze =>
        Input is InputState.Open or InputState.Ended && Output is OutputState.Open;

    /// <summary>Returns the state after an event, and the actions to carry out.</summary>
    public LifecycleState Apply(LifecycleEvent @event, out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        return @event switch
        {
            LifecycleEvent.OwnerTaken => this with { Owner = OwnerState.Owned },
            LifecycleEvent.OwnerReleased => ReleaseFin(OwnerState.None, out actions),
            LifecycleEvent.FinDue => Output is OutputState.FinWithheld ? ReleaseFin(OwnerState.FinAllowed, out actions) : this,
            LifecycleEvent.Closing => OnClosing(out actions),
            LifecycleEvent.Closed => OnClosed(out actions),
            LifecycleEvent.FreezeRequested => CanFreeze && End is EndState.Open ? this with { End = EndState.Freezing } : this,
            LifecycleEvent.Frozen => CanFreeze && End is EndState.Freezing ? this with { End = EndState.Frozen } : this,
            LifecycleEvent.Thawed => OnThawed(out actions),
            LifecycleEvent.Moved => End is EndState.Frozen ? Break(EndState.MoveRequested, out actions) : this,
            _ when IsEnding || End is EndState.Frozen => this, // The first reason decides.
            LifecycleEvent.FinReceived => OnFinReceived(out actions),
            LifecycleEvent.ReceiveFailed => Fail(out actions) with { Input = InputState.Failed },
            LifecycleEvent.SendFoundReset => OnSendFoundReset(out actions),
            LifecycleEvent.SendFailed => Fail(out actions),
            LifecycleEvent.OutputSent => OnOutputSent(out actions),
            LifecycleEvent.CloseRequested => Break(EndState.Requested, out actions),
            LifecycleEvent.ResetRequested => Break(EndState.ResetRequested, out actions),
            _ => throw new UnreachableException($"{@event} is not an event."),
        };
    }

    private LifecycleState OnFinReceived(out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        if (Input is InputState.OpenAfterReset)
            return Fail(out actions) with { Input = InputState.Failed }; // The send has consumed the error of the reset.
        if (Input is not InputState.Open)
            return this;
        actions = LifecycleActions.RecordReason | LifecycleActions.EndInput;
        return (this with { Input = InputState.Ended }).CloseIfEnded(ref actions);
    }

    private LifecycleState OnSendFoundReset(out LifecycleActions actions)
    {
        actions = LifecycleActions.RecordReason;
        if (Output is OutputState.FinWithheld)
            actions |= LifecycleActions.StopFinTimer;
        if (Output is not OutputState.Ended)
            actions |= LifecycleActions.EndOutput;
        var input = Input is InputState.Open ? InputState.OpenAfterReset : Input;
        return (this with { Input = input, Output = OutputState.Ended }).CloseIfEnded(ref actions);
    }

    private LifecycleState OnOutputSent(out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        switch (Output, Owner)
        {
            case (OutputState.Open, OwnerState.Owned):
                actions = LifecycleActions.StartFinTimer;
                return this with { Output = OutputState.FinWithheld };
            case (OutputState.Open, _):
                actions = LifecycleActions.RecordReason | LifecycleActions.SendFin | LifecycleActions.EndOutput;
                return (this with { Output = OutputState.Ended }).CloseIfEnded(ref actions);
            default:
                return this;
        }
    }

    private LifecycleState ReleaseFin(OwnerState owner, out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        if (Output is not OutputState.FinWithheld)
            return this with { Owner = owner };
        actions = LifecycleActions.StopFinTimer;
        if (!IsEnding)
            actions |= LifecycleActions.RequestSend;
        return this with { Owner = owner, Output = OutputState.Open };
    }

    private LifecycleState Fail(out LifecycleActions actions) => Break(EndState.ResetRequested, out actions);

    private LifecycleState Break(EndState end, out LifecycleActions actions)
    {
        actions = LifecycleActions.RecordReason | LifecycleActions.Close;
        return this with { End = end };
    }

    private LifecycleState CloseIfEnded(ref LifecycleActions actions)
    {
        if (Input is not InputState.Ended || Output is not OutputState.Ended)
            return this;
        actions |= LifecycleActions.Close;
        return this with { End = EndState.Requested };
    }

    private LifecycleState OnThawed(out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        if (End is not (EndState.Freezing or EndState.Frozen))
            return this;
        actions = LifecycleActions.Resume;
        return this with { End = EndState.Open };
    }

    private LifecycleState OnClosing(out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        if (End is not (EndState.Requested or EndState.ResetRequested or EndState.MoveRequested))
            return this;
        if (Output is OutputState.FinWithheld)
            actions |= LifecycleActions.StopFinTimer;
        if (Input is not InputState.Ended)
            actions |= LifecycleActions.EndInput;
        if (Output is not OutputState.Ended)
            actions |= LifecycleActions.EndOutput;
        return this with
        {
            Input = Input is InputState.Ended ? Input : InputState.Failed,
            Output = OutputState.Ended,
            End = Resets ? EndState.Resetting : Moves ? EndState.Moving : EndState.Closing,
        };
    }

    private LifecycleState OnClosed(out LifecycleActions actions)
    {
        actions = LifecycleActions.None;
        if (End is not (EndState.Closing or EndState.Resetting or EndState.Moving))
            return this;
        actions = LifecycleActions.NotifyClosed;
        return this with { End = EndState.Closed };
    }
}
