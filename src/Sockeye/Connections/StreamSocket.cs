using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>
/// What a connection needs of a socket, be it the system's or a simulated one. Errors are <see cref="SocketException"/>s with the
/// codes that the system gives.
/// </summary>
/// <remarks>One receive and one send at a time; the rest from any thread.</remarks>
internal abstract class StreamSocket
{
    public abstract EndPoint? LocalEndPoint { get; }

    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Whether the peer's reset has been met. Calls do not always tell: after FIN, receiving gives 0 again.</summary>
    public abstract bool IsReset { get; }

    /// <inheritdoc cref="IConnectionProgressFeature.GetSystemProgress"/>
    public abstract SystemProgress? GetSystemProgress();

    /// <summary>Waits, without a buffer, until there is something to receive: bytes, the end, or an error. False: there may be
    /// nothing, ask again.</summary>
    public abstract ValueTask<bool> WaitForDataAsync();

    /// <summary>Receives what is there, or waits for it; 0 after the peer's FIN.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Completes when all bytes are with the system.</summary>
    public abstract ValueTask SendAsync(ReadOnlySequence<byte> bytes);

    /// <summary>Sends FIN behind what was sent; receiving goes on.</summary>
    public abstract void ShutdownSend();

    /// <summary>The connection has met this error, which is not of its own making.</summary>
    public virtual void OnFailed(SocketException error, bool isSend, bool isReset)
    {
    }

    /// <summary>Gives the socket back: by RST, or in order. Calls under way fail. Called once.</summary>
    public abstract void Close(bool reset);
}
