using System.Net;

namespace Sockeye;

/// <summary>A limit's count of open connections, for those that a reload hands over: they came before it.</summary>
internal interface IConnectionCounter
{
    /// <summary>One that is open counts from now on, whether or not there was a place for it.</summary>
    void Enter(EndPoint? address);

    /// <summary>It has ended. With the address that it entered with.</summary>
    void Leave(EndPoint? address);
}
