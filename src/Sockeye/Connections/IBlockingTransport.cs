using System.Net;

namespace Sockeye.Transports;

/// <summary>A transport that runs handlers on its own threads, where a handler that blocks delays other connections.</summary>
/// <remarks>A server reports such handlers as a sign of saturation.</remarks>
public interface IBlockingTransport
{
    /// <summary>Gets the handlers that block a thread of the transport now, of all servers. Returns immediately, on any
    /// thread.</summary>
    IReadOnlyList<BlockingHandler> BlockingHandlers { get; }
}

/// <summary>A handler that blocks a thread of its transport.</summary>
/// <param name="ConnectionId">The id of the handler's connection.</param>
/// <param name="RemoteEndPoint">The address of its peer.</param>
/// <param name="Thread">The name of the blocked thread.</param>
/// <param name="Time">The time for which the handler has blocked the thread.</param>
/// <param name="Waiting">The number of other connections that the thread serves, which wait.</param>
public sealed record BlockingHandler(string ConnectionId, EndPoint? RemoteEndPoint, string Thread, TimeSpan Time, int Waiting);
