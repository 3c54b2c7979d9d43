using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Lets the first client through and resets the others, for <c>--once</c>.</summary>
internal sealed class OnceGate
{
    private readonly CancellationTokenSource _endedSource = new();
    private int _hasAdmitted;

    /// <summary>
    /// Fires when the first client's connection and its handler have ended: a command or a target may still take the last bytes
    /// of a connection that is closed.
    /// </summary>
    public CancellationToken Ended => _endedSource.Token;

    /// <summary>
    /// The error that broke the first client's connection, as a sentence without a full stop; null if it ended in order.
    /// </summary>
    public string? Failure { get; private set; }

    public async Task AdmitFirstAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Interlocked.Exchange(ref _hasAdmitted, 1) == 1)
        {
            connection.Abort(CloseCause.Limit, "one client is served already (--once)");
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            connection.ConnectionClosed.UnsafeRegister(_ => End(connection), null);
        }
    }

    private void End(ConnectionContext connection)
    {
        if (connection.CloseReason is { IsOrderly: false, Cause: not CloseCause.Stop } reason)
            Failure = $"{EndPointName.Format(connection.RemoteEndPoint)}: {OptionNames.Describe(reason.Explanation)}";
        _endedSource.Cancel();
    }
}
