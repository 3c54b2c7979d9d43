using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The connections of this node that messages can be addressed to, by id and by user. Safe to call from any thread.
/// </summary>
internal sealed class ConnectionRegistry(ClusterLink link, PresenceDirectory presence)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IRegisteredConnection> _connections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<IRegisteredConnection>> _users = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>Adds a connection, or the user of one that is there without.</summary>
    /// <exception cref="InvalidOperationException">The connection is registered with another user, or with messages of another
    /// type.</exception>
    public void Register<TMessage>(MessageWriter<TMessage> writer, string? user)
    {
        var id = writer.Connection.ConnectionId;
        lock (_lock)
        {
            if (_connections.TryGetValue(id, out var known))
            {
                if (known is not RegisteredConnection<TMessage> same)
                {
                    throw new InvalidOperationException(
                        $"Connection {id} is registered with messages of another type than {typeof(TMessage)}: use one type of "
                        + "message for all that the cluster sends to it.");
                }

                if (user is null || user == same.User)
                    return;
                if (same.User is not null)
                {
                    throw new InvalidOperationException(
                        $"Connection {id} is registered for the user \"{same.User}\" already, and cannot change to \"{user}\".");
                }

                AddUserLocked(same, user);
                return;
            }

            var connection = new RegisteredConnection<TMessage>(
                writer, link.Options.Messages.GetValueOrDefault(typeof(TMessage)), link.Options.GroupOptions, Remove);
            _connections.Add(id, connection);
            if (user is not null)
                AddUserLocked(connection, user);
            // Inside the lock, which is re-entrant: a connection that has closed already is removed before another thread sees
            // it.
            connection.Watch();
        }
    }

    public IRegisteredConnection? Find(string id)
    {
        lock (_lock)
            return _connections.GetValueOrDefault(id);
    }

    public IReadOnlyList<IRegisteredConnection> FindUser(string user)
    {
        lock (_lock)
            return _users.TryGetValue(user, out var connections) ? [.. connections] : [];
    }

    private void Remove(IRegisteredConnection connection)
    {
        lock (_lock)
        {
            if (!_connections.Remove(connection.Connection.ConnectionId) || connection.User is not { } user)
                return;
            var ofUser = _users[user];
            ofUser.Remove(connection);
            presence.RemoveMember(PresenceDirectory.UserKey(user), connection.Connection.ConnectionId);
            if (ofUser.Count > 0)
                return;
            _users.Remove(user);
            presence.RemoveUser(user);
        }
    }

    private void AddUserLocked<TMessage>(RegisteredConnection<TMessage> connection, string user)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Users change under the lock.");
        connection.User = user;
        if (!_users.TryGetValue(user, out var ofUser))
        {
            _users.Add(user, ofUser = []);
            presence.AddUser(user);
        }

        ofUser.Add(connection);
        presence.AddMember(PresenceDirectory.UserKey(user), connection.Connection.ConnectionId, user);
    }
}
