using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Ends connections that are not served: by a reset, or by a message and FIN.</summary>
internal sealed class Refusal(CoarseTimer timer)
{
    /// <summary>The maximum time from a message to the end of the connection.</summary>
    internal static readonly TimeSpan MessageTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The maximum number of clients that are sent a message at a time, because each holds a descriptor for up to a
    /// second. Excess clients are reset.</summary>
    internal const int MaxConcurrentMessages = 1024;

    private int _messages;

    /// <summary>Ends a connection by the given action. Afterwards, the caller returns or disposes the connection, without serving
    /// it.</summary>
    public async Task EndAsync(ConnectionContext connection, LimitAction action, CloseReason reason)
    {
        if (action.Message.IsEmpty || Interlocked.Increment(ref _messages) > MaxConcurrentMessages)
        {
            if (!action.Message.IsEmpty)
                Interlocked.Decrement(ref _messages);
            connection.Abort(reason);
            return;
        }

        timer.Set(new Deadline(this, connection, reason), MessageTimeout);
        // Set before the message, because the orderly close that follows does not set a reason.
        connection.SetCloseReason(reason);
        await connection.Transport.Output.WriteAsync(action.Message);
    }

    /// <summary>Aborts the connection if it is still open. Not cancelled when the connection ends earlier: the time is short, and
    /// aborting an ended connection does nothing.</summary>
    private sealed class Deadline(Refusal refusal, ConnectionContext connection, CloseReason reason) : CoarseTimerEntry
    {
        protected internal override void OnDue()
        {
            var left = Interlocked.Decrement(ref refusal._messages);
            Debug.Assert(left >= 0, "Each message is counted once.");
            connection.Abort(reason);
        }
    }
}
