namespace Sockeye;

/// <summary>Recording an endpoint's connections.</summary>
public static class ListenOptionsCaptureExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>
        /// Records what passes at this place of the pipeline: after <c>UseTls</c> it is what the handler reads and writes, in
        /// clear; before it, what is on the wire.
        /// </summary>
        /// <param name="capture">Serves any number of endpoints and clients. Dispose it after the server.</param>
        public ListenOptions UseWireCapture(WireCapture capture)
        {
            ArgumentNullException.ThrowIfNull(capture);
            return listen.Use($"UseWireCapture({capture})", next =>
            {
                capture.SetDefaults(listen.Server.TimeProvider, listen.Server.LoggerFactory);
                return new RecordedMiddleware(capture, next).RunAsync;
            });
        }
    }
}
