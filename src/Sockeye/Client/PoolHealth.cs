using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Checks whether a connection can serve the next caller, and has the reasons for which a pool closes one.</summary>
internal static class PoolHealth
{
    public static CloseReason NotReusable { get; } = CloseReason.Local(
        CloseCause.ProtocolError, "the pool could not reuse it: it had unread or unflushed bytes");

    public static CloseReason PoolDisposed { get; } = CloseReason.Local(CloseCause.Stop, "the pool was disposed");

    public static CloseReason IdleTooLong(TimeSpan timeout) =>
        CloseReason.Local(CloseCause.Timeout, $"idle in the pool for {DisplayText.Format(timeout)}");

    /// <summary>Returns true if the connection is open in both directions, with nothing unflushed and nothing to read.</summary>
    public static bool IsReusable(ConnectionContext connection)
    {
        if (connection.ConnectionClosed.IsCancellationRequested || connection.CloseReason is not null)
            return false;
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        if (output.CanGetUnflushedBytes && output.UnflushedBytes > 0)
            return false;
        try
        {
            if (!HasNothingToRead(input))
                return false;
            // A plain read does not return bytes that were examined but not consumed; a cancelled read does. The plain read comes
            // first because it throws if a read of the last user is still in progress.
            input.CancelPendingRead();
            return HasNothingToRead(input);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection was reset or aborted, its reader is completed, or a read of the last user is in progress.
            return false;
        }
    }

    private static bool HasNothingToRead(PipeReader input)
    {
        if (!input.TryRead(out var read))
            return true;
        var nothing = read.Buffer.IsEmpty && !read.IsCompleted;
        input.AdvanceTo(read.Buffer.End);
        return nothing;
    }
}
