using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The end of a connection of a load.</summary>
/// <param name="Lost">The number of requests that are lost.</param>
/// <param name="Reason">The reason; null if the connection is to be replaced.</param>
/// <param name="Example">A sentence about this end, if it says more than the reason.</param>
internal sealed record LoadEnd(int Lost, string? Reason = null, string? Example = null);

/// <summary>Reads what arrives on a connection of a load until it ends or is to be replaced.</summary>
internal sealed class LoadReader(LoadSession session, LoadConnection target)
{
    public async Task<LoadEnd> RunAsync(ConnectionContext connection, long connectedAt)
    {
        try
        {
            target.Attach(connection, connectedAt);
            return await ReadAsync(connection);
        }
        catch (AnswerException e)
        {
            connection.Abort(CloseCause.ProtocolError, e.Message);
            // The wrong answer is that of one request.
            return new(Math.Max(1, target.Detach()), e.Kind, e.Message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return new(target.Detach(), connection.CloseReason?.Description ?? e.Message.TrimEnd('.'));
        }
        finally
        {
            target.Detach();
        }
    }

    private async Task<LoadEnd> ReadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var isFirst = true;
        while (true)
        {
            var read = await input.ReadAsync();
            if (isFirst && !read.Buffer.IsEmpty)
            {
                session.AddFirstByte(BenchClock.Now - target.FirstSentAt);
                isFirst = false;
            }

            var (consumed, mustEnd) = target.OnReceived(read.Buffer);
            input.AdvanceTo(consumed, read.Buffer.End);
            if (mustEnd || session.IsStopping)
                return new(0);
            if (read.IsCompleted)
                return new(target.Detach(), (connection.CloseReason ?? CloseReason.PeerFin).Description);
        }
    }
}
