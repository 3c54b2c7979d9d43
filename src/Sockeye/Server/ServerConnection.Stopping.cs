using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A connection that is told to end: what it is told, and whether it ends whole.</summary>
internal sealed partial class ServerConnection
{
    /// <summary>In place of a counts: the connection has ended, and what it counts as is known.</summary>
    private static readonly StopCounts Ended = new();

    private StopCounts? _counts;
    private volatile bool _wasAborted;
    private bool _leftUnread;
    private bool _isWhole;

    /// <summary>Tells the handler. How the connection ends counts in this counts.</summary>
    public void RequestStop(CloseReason reason, StopCounts counts)
    {
        // The connection may end at this moment: of the two, the second one counts it.
        StopCounts? seen;
        do
        {
            seen = Volatile.Read(ref _counts);
        }
        while (seen != Ended && Interlocked.CompareExchange(ref _counts, counts, seen) != seen);
        if (seen == Ended)
            counts.Add(_wasAborted, _isWhole);
        _stop.RequestClose(reason);
    }

    /// <summary>Its handler did not finish in time.</summary>
    public void AbortUnfinished(CloseReason reason)
    {
        _wasAborted = true;
        Abort(reason);
    }

    /// <summary>Closes a connection whose handler has followed a stop, and sees whether anything was left unread.</summary>
    private async Task CloseStoppedAsync(CloseReason? broken)
    {
        var received = BytesReceived;
        var unread = broken is null ? CountUnread() : 0;
        // With a layer upon it the bytes are not the peer's alone: TLS answers the end of TLS.
        var tellsOfPeer = _connection.Outermost == _connection;
        // A handler that takes nothing from its peer leaves nothing unread that it should have read.
        var reads = _stop.ReadsMessages || (tellsOfPeer && received > unread);
        await CloseAsync(broken);
        _leftUnread = reads && (unread > 0 || (tellsOfPeer && BytesReceived > received));
    }

    /// <summary>How much has come that the handler has not taken.</summary>
    private long CountUnread()
    {
        var input = _connection.Transport.Input;
        try
        {
            input.CancelPendingRead(); // Bytes that were looked at are hidden from a plain read; a cancelled one shows them.
            if (!input.TryRead(out var read))
                return 0;
            var unread = read.Buffer.Length;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return unread;
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ConnectionAbortedException)
        {
            return 0; // The handler has ended its reading itself, or left a read behind.
        }
    }

    private void CountEnd(CloseReason reason)
    {
        _isWhole = !_leftUnread && (reason.IsOrderly || reason == _stop.RequestedReason);
        Interlocked.Exchange(ref _counts, Ended)?.Add(_wasAborted, _isWhole);
    }
}
