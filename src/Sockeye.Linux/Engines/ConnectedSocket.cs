using System.Net;

namespace Sockeye.Linux;

/// <summary>A connected TCP socket, to be served by an engine thread.</summary>
internal readonly struct ConnectedSocket
{
    public required int Descriptor { get; init; }

    public required NativeAddress Remote { get; init; }

    public NativeAddress Local { get; init; }

    /// <summary>The local endpoint if it is known already, which then replaces the address.</summary>
    public EndPoint? LocalEndPoint { get; init; }
}
