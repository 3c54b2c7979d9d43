using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye.Transports;

/// <summary>
/// A connected socket of a <see cref="StreamConnection"/>: one of the system, a simulated one, or any other pair of byte streams.
/// </summary>
/// <remarks>
/// The connection has at most one wait or receive and one send in flight, and calls everything else from any thread. A call that
/// fails throws a <see cref="SocketException"/> with the code that a socket of the system has for it: <c>ConnectionReset</c>
/// after a reset of the peer, <c>TimedOut</c> if the peer does not answer. After <see cref="Close"/>, calls in flight fail with
/// any <see cref="SocketException"/> or <see cref="ObjectDisposedException"/>.
/// </remarks>
public abstract class StreamSocket
{
    /// <summary>Gets the address of this side. Null if it is unknown.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>Gets the address of the peer. Null if it is unknown.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Gets whether the peer has reset the connection. Read only after a receive has returned 0. Calls do not always
    /// report a reset: after FIN, a receive may return 0 again.</summary>
    public abstract bool IsReset { get; }

    /// <summary>
    /// Gets whether a handler may run on the current thread, on which a call has just completed asynchronously: nothing else
    /// waits for the thread if the handler blocks it. Default: false.
    /// </summary>
    public virtual bool CanRunHandlers => false;

    /// <summary>
    /// Gets whether the current thread, on which a call has just completed, belongs to the thread pool: then a connection that is
    /// always busy gives way to other work.
    /// </summary>
    internal virtual bool OccupiesThreadPool => CanRunHandlers;

    /// <inheritdoc cref="IConnectionProgressFeature.GetSystemProgress"/>
    public abstract SystemProgress? GetSystemProgress();

    /// <summary>Waits, without a buffer, until there is something to receive: bytes, the end, or an error.</summary>
    /// <returns>True if there is. False if that is not certain: the connection calls <see cref="TryReceive"/>.</returns>
    public abstract ValueTask<bool> WaitForDataAsync();

    /// <summary>Receives available bytes, without waiting. Called after a wait that has returned false.</summary>
    /// <param name="buffer">The buffer for the bytes. Not empty.</param>
    /// <param name="received">The number of bytes. 0 after the FIN of the peer.</param>
    /// <returns>False if there is nothing to receive, so that the connection waits again. Default: false.</returns>
    public virtual bool TryReceive(Memory<byte> buffer, out int received)
    {
        received = 0;
        return false;
    }

    /// <summary>Receives available bytes, or waits for some.</summary>
    /// <param name="buffer">The buffer for the bytes. Not empty.</param>
    /// <returns>The number of bytes. 0 after the FIN of the peer.</returns>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>
    /// Sends bytes. Completes when the system has accepted all of them, after which the connection reuses their memory.
    /// </summary>
    public abstract ValueTask SendAsync(ReadOnlySequence<byte> bytes);

    /// <summary>Sends FIN after the sent bytes. Receiving continues.</summary>
    public abstract void ShutdownSend();

    /// <summary>Called when a send or a receive has failed. Default: does nothing.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="isSend">Whether a send failed, rather than a receive.</param>
    /// <param name="isReset">Whether the peer has reset the connection.</param>
    public virtual void OnFailed(SocketException exception, bool isSend, bool isReset)
    {
    }

    /// <summary>Gets whether the socket can go to another connection: <see cref="Duplicate"/> and <see cref="Leave"/> work, and a
    /// pending <see cref="WaitForDataAsync"/> does not harm what another connection does with the socket. Default:
    /// false.</summary>
    public virtual bool CanMove => false;

    /// <summary>Returns a second handle of the socket.</summary>
    /// <exception cref="NotSupportedException"><see cref="CanMove"/> is false.</exception>
    public virtual SafeHandle Duplicate() => throw new NotSupportedException("This socket does not move.");

    /// <summary>Lets the socket go, which another connection has: calls in flight fail, and nothing reaches the peer. Called
    /// once, in place of <see cref="Close"/>.</summary>
    /// <exception cref="NotSupportedException"><see cref="CanMove"/> is false.</exception>
    public virtual void Leave() => throw new NotSupportedException("This socket does not move.");

    /// <summary>Closes the socket. Calls in flight fail. Called once, and not during <see cref="ShutdownSend"/>.</summary>
    /// <param name="reset">Whether to close by RST, which the peer's receive reports as an error, rather than by FIN.</param>
    public abstract void Close(bool reset);
}
