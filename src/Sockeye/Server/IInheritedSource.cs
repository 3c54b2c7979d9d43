using System.Net;

namespace Sockeye;

/// <summary>Listening sockets that the process got when it started.</summary>
internal interface IInheritedSource
{
    /// <summary>Returns the sockets of endpoints. The caller disposes of the result; the source keeps its descriptors.</summary>
    /// <param name="endpoints">The endpoints to bind.</param>
    /// <param name="inUse">The addresses on which the server listens already.</param>
    InheritedListeners Match(IReadOnlyList<ListenOptions> endpoints, IReadOnlyCollection<EndPoint> inUse);

    /// <summary>Called when a server has bound its endpoints.</summary>
    /// <param name="log">The log of the server.</param>
    void OnBound(Microsoft.Extensions.Logging.ILogger log);
}
