using Sockeye.OpenTelemetry;

namespace OpenTelemetry.Metrics;

/// <summary>Adds the metrics of Sockeye to OpenTelemetry.</summary>
public static class SockeyeMeterProviderBuilderExtensions
{
    /// <param name="builder">The builder of the meter provider.</param>
    extension(MeterProviderBuilder builder)
    {
        /// <summary>
        /// Adds all meters of Sockeye: servers, clients, messages, TLS, the generic host and clusters. A part that the program
        /// does not use reports nothing.
        /// </summary>
        /// <returns>The same builder.</returns>
        public MeterProviderBuilder AddSockeyeInstrumentation()
        {
            ArgumentNullException.ThrowIfNull(builder);
            return builder.AddMeter(Telemetry.Meters);
        }
    }
}
