using System.Net;

namespace Sockeye.Cli;

/// <summary>Reads the sockets of one endpoint from the kernel.</summary>
internal interface IKernelSockets
{
    /// <summary>The place where the states come from, for the page.</summary>
    string Source { get; }

    /// <summary>Whether the source has sockets that belong to no process: those in TIME-WAIT and in the accept queue.</summary>
    bool HasAll { get; }

    /// <summary>Returns the sockets of connections whose local or remote endpoint is this one.</summary>
    IReadOnlyList<KernelSocket> Read(IPEndPoint endpoint);
}
