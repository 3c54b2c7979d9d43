using System.Net;

namespace Sockeye.Linux;

/// <summary>A connected TCP socket on its way to the engine thread that will serve it.</summary>
internal readonly struct ConnectedSocket
{
    public required int Descriptor { get; init; }

    public required NativeAddress Remote { get; init; }

    public NativeAddress Local { get; init; }

    /// <summary>The local endpoint, in place of the address, where it is known already.</summary>
    public EndPoint? LocalEndPoint { get; init; }
}
