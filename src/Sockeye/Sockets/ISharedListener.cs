using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>A listener whose sockets can listen on in another process, or in another listener, when it ends.</summary>
/// <remarks>
/// <para>Implemented by the listener that <c>BindAsync</c> of a transport returns. Safe for use from any thread.</para>
/// <para>To hand a listener over: pass <see cref="GetDescriptors"/> to the successor, wait until it accepts, then call
/// <see cref="ReleaseAsync"/>. In between, both accept, and each client is accepted by one of them. Clients in the accept
/// queue stay there, because the queue belongs to the socket.</para>
/// </remarks>
public interface ISharedListener
{
    /// <summary>Creates a descriptor of each socket, which the caller disposes of. The listener continues to accept.</summary>
    /// <returns>The descriptors: several if the listener has a socket for each engine thread, in the order of the threads.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The listener has ended.</exception>
    /// <exception cref="IOException">No descriptor is left.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is Windows.</exception>
    IReadOnlyList<ListeningDescriptor> GetDescriptors();

    /// <summary>
    /// Ends the listener as <see cref="IConnectionListener.UnbindAsync"/> does, for sockets that others continue to use: it
    /// accepts no more clients, and leaves the file of a Unix socket. It does not reset waiting clients if another descriptor is
    /// open.
    /// </summary>
    /// <param name="cancellationToken">Not used by the transports of Sockeye, which release in bounded time.</param>
    ValueTask ReleaseAsync(CancellationToken cancellationToken = default);
}
