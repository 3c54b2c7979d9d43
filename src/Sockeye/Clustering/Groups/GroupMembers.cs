using Microsoft.AspNetCore.Connections;

namespace Sockeye.Clustering;

/// <summary>Keeps the presence of a group's members on this node.</summary>
internal sealed class GroupMembers(PresenceDirectory presence, ConnectionRegistry connections, string group)
{
    private readonly string _key = PresenceDirectory.GroupKey(group);

    public void Add(ConnectionContext connection) => presence.AddMember(
        _key, connection.ConnectionId, connections.Find(connection.ConnectionId)?.User);

    public void Remove(ConnectionContext connection) => presence.RemoveMember(_key, connection.ConnectionId);
}
