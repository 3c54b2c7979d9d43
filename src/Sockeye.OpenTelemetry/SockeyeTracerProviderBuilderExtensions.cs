using Sockeye.OpenTelemetry;

namespace OpenTelemetry.Trace;

/// <summary>Adds the traces of Sockeye to OpenTelemetry.</summary>
public static class SockeyeTracerProviderBuilderExtensions
{
    /// <param name="builder">The builder of the tracer provider.</param>
    extension(TracerProviderBuilder builder)
    {
        /// <summary>
        /// Adds all activity sources of Sockeye: one activity per connection of a server or a client, and the activities of
        /// clusters.
        /// </summary>
        /// <remarks>The activity of a connection ends with the connection, which may last for days.</remarks>
        /// <returns>The same builder.</returns>
        public TracerProviderBuilder AddSockeyeInstrumentation()
        {
            ArgumentNullException.ThrowIfNull(builder);
            return builder.AddSource(Telemetry.Sources);
        }
    }
}
