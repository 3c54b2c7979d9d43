namespace Sockeye;

/// <summary>Records the connections of an endpoint.</summary>
public static class ListenOptionsCaptureExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// Records the bytes at this position of the pipeline: after <c>UseTls</c>, the bytes that the handler reads and writes,
        /// in clear text; before it, the bytes on the wire.
        /// </summary>
        /// <param name="capture">The capture. It may record any number of endpoints and clients. Dispose it after the
        /// server.</param>
        public ListenOptions UseWireCapture(WireCapture capture)
        {
            ArgumentNullException.ThrowIfNull(capture);
            return listen.Use($"UseWireCapture({capture})", (next, pipeline) =>
            {
                capture.SetDefaults(pipeline.Server.Time, pipeline.Server.LoggerFactory);
                return new RecordedMiddleware(capture, next).RunAsync;
            });
        }
    }
}
