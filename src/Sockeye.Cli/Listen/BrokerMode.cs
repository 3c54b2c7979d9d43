using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary><c>--broker</c>: sends the bytes of each client to all others, as <c>ncat --broker</c> does.</summary>
/// <remarks>Nothing is dropped: a client that does not read delays those that send.</remarks>
internal sealed class BrokerMode
{
    private readonly Lock _lock = new();
    private readonly HashSet<InputReceiver> _members = [];

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    private async Task RunAsync(ConnectionContext connection)
    {
        var member = new InputReceiver(connection);
        lock (_lock)
            _members.Add(member);
        try
        {
            await connection.ReadArrivedAsync(async bytes =>
            {
                await Task.WhenAll(GetOthers(member).Select(other => other.SendAsync(bytes)));
                return true;
            });
        }
        finally
        {
            lock (_lock)
                _members.Remove(member);
            // After this, nothing writes to the connection.
            await member.DetachAsync();
        }
    }

    private List<InputReceiver> GetOthers(InputReceiver member)
    {
        lock (_lock)
            return [.. _members.Where(other => other != member)];
    }
}
