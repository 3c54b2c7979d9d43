namespace Sockeye;

/// <summary>Adds bandwidth limits to an endpoint.</summary>
/// <remarks>
/// Before <c>UseTls</c>, a limit counts bytes on the wire; after it, the bytes that the handler reads and writes. Bytes that wait
/// when the handler ends are still sent; an abort, and the end of a server's <c>ShutdownTimeout</c>, drop them.
/// </remarks>
public static class ListenOptionsBandwidthExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Limits the bytes a second of each connection.</summary>
        /// <param name="receive">Bytes a second from the peer. Null means no limit. Range: 1 to 10^12.</param>
        /// <param name="send">Bytes a second to the peer. Null means no limit. Range: 1 to 10^12.</param>
        /// <exception cref="ArgumentException">Both are null, or one is outside its range.</exception>
        public ListenOptions UseBandwidthLimit(long? receive, long? send) =>
            Use(listen, BandwidthLimits.CreatePerConnection(receive, send), "each");

        /// <summary>Limits the bytes a second of all connections together that share a limit, on one or more
        /// endpoints.</summary>
        /// <param name="receive">The limit for bytes from the peer. Null means no limit.</param>
        /// <param name="send">The limit for bytes to the peer. Null means no limit. It may be the same object, which then limits
        /// both directions together.</param>
        /// <exception cref="ArgumentException">Both are null.</exception>
        public ListenOptions UseBandwidthLimit(BandwidthLimit? receive, BandwidthLimit? send) =>
            Use(listen, BandwidthLimits.CreateShared(receive, send), "shared");
    }

    private static ListenOptions Use(ListenOptions listen, BandwidthLimits bandwidth, string whose) =>
        listen.Use($"UseBandwidthLimit({bandwidth.Describe()}, {whose})", (next, pipeline) =>
        {
            var time = pipeline.Server.Time;
            return connection => next(bandwidth.Attach(connection, time));
        });
}
