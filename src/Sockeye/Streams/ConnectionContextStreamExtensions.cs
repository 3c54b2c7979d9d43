using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Presents a connection to code that takes a <see cref="Stream"/>.</summary>
public static class ConnectionContextStreamExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>
        /// Creates a stream over the two pipes of the connection, for <see cref="StreamReader"/>,
        /// <c>SocketsHttpHandler.ConnectCallback</c>, and libraries that take a stream.
        /// </summary>
        /// <remarks>
        /// A write is sent at once, and waits while the peer does not read. Reading returns 0 after the peer's FIN; a connection
        /// that broke throws <see cref="IOException"/>. One reader and one writer at a time; nothing else may read or write the
        /// connection meanwhile. Synchronous calls block the thread until the asynchronous ones have completed.
        /// <para>To end this side and continue to read, complete <c>Transport.Output</c> of the connection.</para>
        /// </remarks>
        /// <returns>The stream. Disposing it disposes the connection, unless that has an owner (the server whose handler uses it,
        /// or a pool): then it ends the stream only. <see cref="Stream.Dispose()"/> closes the connection in the background;
        /// <see cref="Stream.DisposeAsync"/> waits for it.</returns>
        public Stream AsStream()
        {
            ArgumentNullException.ThrowIfNull(connection);
            return new ConnectionStream(connection);
        }
    }
}
