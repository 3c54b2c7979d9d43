using System.Net;

namespace Sockeye;

/// <summary>A limit that counts open connections. A reload adds the connections that were open before the limit
/// existed.</summary>
internal interface IConnectionCounter
{
    /// <summary>Counts an open connection, even if it exceeds the limit.</summary>
    void Enter(EndPoint? address);

    /// <summary>Ends the count of a connection.</summary>
    /// <param name="address">The address with which it entered.</param>
    void Leave(EndPoint? address);
}
