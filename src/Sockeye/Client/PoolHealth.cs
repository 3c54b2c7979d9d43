using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Whether a connection between two exchanges can serve the next caller, and why a pool closes one.</summary>
internal static class PoolHealth
{
    public static CloseReason NotReusable { get; } = CloseReason.Local(
        CloseCause.ProtocolError, "it could not be reused by the pool: something was left unread or unflushed, or came unasked");

    public static CloseReason PoolDisposed { get; } = CloseReason.Local(CloseCause.Stop, "the pool was disposed");

    public static CloseReason IdleTooLong(TimeSpan timeout) =>
        CloseReason.Local(CloseCause.Timeout, $"idle in the pool for {DisplayText.Format(timeout)}");

    /// <summary>Open both ways, with nothing unflushed, and nothing to read: neither left over nor arrived unasked.</summary>
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
            // Bytes that were examined but not consumed are hidden from a plain read; a cancelled one shows them. It comes second
            // because the first tells, by an exception, that a read of the last user is still under way.
            input.CancelPendingRead();
            return HasNothingToRead(input);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
            // Reset, aborted, its reader completed, or a read of the last user still under way.
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
