using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Lets the first client through and resets the others, for <c>--once</c>.</summary>
internal sealed class OnceGate
{
    private readonly CancellationTokenSource _ended = new();
    private int _taken;

    /// <summary>Fires when the first client's connection has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>What broke the first client's connection, as a sentence without a full stop; null if it ended in order.</summary>
    public string? Failure { get; private set; }

    public async Task PassAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Interlocked.Exchange(ref _taken, 1) == 1)
        {
            connection.Abort(CloseCause.Limit, "one client is served already (--once)");
            return;
        }

        connection.ConnectionClosed.UnsafeRegister(_ =>
        {
            if (connection.CloseReason is { IsOrderly: false, Cause: not CloseCause.Stop } reason)
                Failure = $"{EndPointName.Of(connection.RemoteEndPoint)}: {reason}";
            _ended.Cancel();
        }, null);
        await next(connection);
    }
}
