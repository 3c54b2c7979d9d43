namespace Sockeye.Cli;

/// <summary>Brings a row up to date with what the kernel reports.</summary>
internal static class MachineRow
{
    /// <summary>Sets the values, and the rates since the snapshot before.</summary>
    /// <param name="row">The row.</param>
    /// <param name="entry">The socket of this moment.</param>
    /// <param name="elapsed">The time since the snapshot before; zero if the row was not in it.</param>
    public static void Update(TopRow row, in SocketEntry entry, TimeSpan elapsed)
    {
        if (row.LocalName != entry.Local)
            row.LocalName = entry.Local;
        if (row.RemoteName != entry.Remote)
            row.RemoteName = entry.Remote;
        row.State = TopRow.GetState(entry.State);
        row.Age += elapsed;
        row.UserId = entry.UserId;
        if (row.Inode != entry.Inode)
            (row.Inode, row.Owner) = (entry.Inode, entry.Inode == 0 ? row.Owner : null);
        row.Timer = entry.Timer;
        row.TimerExpires = TimeSpan.FromMilliseconds(entry.TimerExpires);
        var measures = entry.Measures;
        if (measures.IsKnown)
            Update(row, in measures, elapsed);
        else
            (row.ReceivedPerSecond, row.SentPerSecond) = (null, null);
        if (measures.IsKnown || entry.Inode != 0)
            (row.ReceiveQueue, row.SendQueue) = (entry.ReceiveQueue, entry.SendQueue);
        row.History?.Add(row);
    }

    private static void Update(TopRow row, in SocketMeasures measures, TimeSpan elapsed)
    {
        var (received, sent) = ((long)measures.BytesReceived, (long)measures.BytesAcknowledged);
        if (elapsed > TimeSpan.Zero)
        {
            row.ReceivedPerSecond = Math.Max(0, received - (row.Received ?? 0)) / elapsed.TotalSeconds;
            row.SentPerSecond = Math.Max(0, sent - (row.Sent ?? 0)) / elapsed.TotalSeconds;
        }

        (row.Received, row.Sent) = (received, sent);
        row.RoundTrip = measures.RoundTrip == 0 ? null : TimeSpan.FromMicroseconds(measures.RoundTrip);
        row.Retransmits = measures.Retransmits;
        row.Idle = TimeSpan.FromMilliseconds(Math.Min(measures.SinceSent, measures.SinceReceived));
        row.Measures = measures;
    }
}
