namespace Sockeye;

/// <summary>The actions that follow an event of a connection, in the order in which they are carried out.</summary>
[Flags]
internal enum LifecycleActions
{
    None = 0,

    /// <summary>The reason that came with the event becomes the connection's close reason, unless it has one.</summary>
    RecordReason = 1 << 0,

    /// <summary>Stop the timer of a withheld FIN.</summary>
    StopFinTimer = 1 << 1,

    /// <summary>Start the timer of a withheld FIN.</summary>
    StartFinTimer = 1 << 2,

    /// <summary>Ask the driver to send, because FIN may follow now.</summary>
    RequestSend = 1 << 3,

    /// <summary>Send FIN.</summary>
    SendFin = 1 << 4,

    /// <summary>End the input: readers get what has arrived, and then the end or the error.</summary>
    EndInput = 1 << 5,

    /// <summary>End the output: a flush reports it to the writer.</summary>
    EndOutput = 1 << 6,

    /// <summary>Close the socket, by FIN or, if <see cref="LifecycleState.Resets"/>, by RST.</summary>
    Close = 1 << 7,

    /// <summary>Notify everyone who waits for the end.</summary>
    NotifyClosed = 1 << 8,

    /// <summary>Receive and send again, after a freeze.</summary>
    Resume = 1 << 9,
}

internal static class LifecycleActionsExtensions
{
    /// <summary>Returns whether one flag is set. Unlike <c>HasFlag</c>, it allocates nothing even if not optimized.</summary>
    public static bool Has(this LifecycleActions actions, LifecycleActions flag) => (actions & flag) != 0;
}
