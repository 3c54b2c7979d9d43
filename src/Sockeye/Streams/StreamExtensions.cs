using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Presents a stream as a connection.</summary>
public static class StreamExtensions
{
    extension(Stream stream)
    {
        /// <summary>
        /// Creates a connection over a stream that reads and writes: a named pipe, a tunnel, a stream of another library. Codecs,
        /// middleware, TLS and handlers use it like any other connection.
        /// </summary>
        /// <remarks>
        /// A stream that ends (a read of 0 bytes) is the FIN of the peer; one that throws is a break. When this side completes
        /// its output, <paramref name="endWrites"/> ends that direction. Without it, the connection uses what the stream has: the
        /// half-close of a <see cref="System.Net.Sockets.NetworkStream"/>, of an
        /// <see cref="System.Net.Security.SslStream"/>, and of a stream made by <c>AsStream</c>. Any other stream has one end for
        /// both directions: it is disposed, so that the other side sees the end at once, and what the peer still sends is lost.
        /// <para>The stream must fail a pending read when it is disposed or the token of the read is cancelled, as the streams of
        /// .NET do.</para>
        /// </remarks>
        /// <param name="options">The limits and schedulers of the connection. Null: the defaults.</param>
        /// <param name="endWrites">Ends the direction to the peer, after everything was written. It must not block.</param>
        /// <returns>The connection, which owns the stream: it disposes the stream when both directions have ended.</returns>
        /// <exception cref="ArgumentException">The stream cannot read or cannot write.</exception>
        public ConnectionContext AsConnection(TransportConnectionOptions? options = null, Action? endWrites = null)
        {
            ArgumentNullException.ThrowIfNull(stream);
            ThrowIfOneWay(stream);
            return ConnectionStarter.Start(new SocketOfStream(stream, endWrites), options);
        }
    }

    private static void ThrowIfOneWay(Stream stream)
    {
        if (!stream.CanRead || !stream.CanWrite)
        {
            throw new ArgumentException(
                $"A connection needs a stream that reads and writes; {stream.GetType().Name} cannot "
                    + $"{(stream.CanRead ? "write" : "read")}.",
                nameof(stream));
        }
    }
}
