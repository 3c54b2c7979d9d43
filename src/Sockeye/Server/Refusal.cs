using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Ends connections that are not served: by a reset, or by a message and FIN.</summary>
internal sealed class Refusal(CoarseTimer timer)
{
    /// <summary>How long a message and the end after it may take.</summary>
    internal static readonly TimeSpan MessageTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Each client that gets a message costs a descriptor for up to a second. Clients over this number are
    /// reset.</summary>
    internal const int MaxConcurrentMessages = 1024;

    private int _messages;

    /// <summary>The caller returns when this has ended, or disposes the connection: it is not served.</summary>
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
        // Given before the end: when the connection is closed now, in order, this is why.
        connection.SetCloseReason(reason);
        await connection.Transport.Output.WriteAsync(action.Message);
    }

    /// <summary>
    /// Not taken back when the client goes earlier: it is over soon, and aborting what has ended already does nothing.
    /// </summary>
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
