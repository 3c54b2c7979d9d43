using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Is informed of the members of a group, under the lock of the group.</summary>
internal interface IGroupObserver
{
    void OnJoined(ConnectionContext connection);

    void OnLeft(ConnectionContext connection);
}
