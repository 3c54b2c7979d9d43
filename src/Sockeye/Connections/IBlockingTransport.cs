using System.Net;

namespace Sockeye;

/// <summary>A transport on whose own threads handlers run, so that one which blocks holds up the others.</summary>
internal interface IBlockingTransport
{
    /// <summary>The handlers that block such a thread now, whoever's they are. From any thread, at once.</summary>
    IReadOnlyList<BlockingHandler> BlockingHandlers { get; }
}

/// <param name="ConnectionId">The handler's connection.</param>
/// <param name="RemoteEndPoint">Its peer.</param>
/// <param name="Thread">What it blocks.</param>
/// <param name="Time">For how long it does so.</param>
/// <param name="Waiting">How many other connections of the thread stand still.</param>
internal sealed record BlockingHandler(string ConnectionId, EndPoint? RemoteEndPoint, string Thread, TimeSpan Time, int Waiting);
