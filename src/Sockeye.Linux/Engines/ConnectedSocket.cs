using System.Net;

namespace Sockeye.Linux;

/// <summary>A connected socket, to be served by an engine thread.</summary>
internal readonly struct ConnectedSocket
{
    public required int Descriptor { get; init; }

    public required NativeAddress Remote { get; init; }

    public NativeAddress Local { get; init; }

    /// <summary>The local endpoint if it is known already, which then replaces the address.</summary>
    public EndPoint? LocalEndPoint { get; init; }

    /// <summary>The remote endpoint of a Unix socket, which has no <see cref="NativeAddress"/>.</summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>The state of the connection that this one continues; null if it is new.</summary>
    public MovedBytes? Continued { get; init; }

    /// <summary>Whether it is a Unix socket.</summary>
    public bool IsUnix { get; init; }
}
