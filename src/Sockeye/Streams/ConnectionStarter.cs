
namespace Sockeye;

/// <summary>Starts the connection of a socket that does not belong to the system.</summary>
internal static class ConnectionStarter
{
    public static StreamConnection Start(StreamSocket socket, TransportConnectionOptions? options)
    {
        var connection = new StreamConnection(socket, options ?? new());
        if (connection.Options.KeepsContext)
        {
            connection.Start();
            return connection;
        }

        // The pumps must not continue in the context of the caller, such as the thread of a user interface.
        using (NoSyncContextScope.Enter())
            connection.Start();
        return connection;
    }
}
