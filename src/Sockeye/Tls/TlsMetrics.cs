using System.Diagnostics.Metrics;
using System.Security.Authentication;

namespace Sockeye;

/// <summary>The meter "Sockeye.Tls": handshakes of both sides.</summary>
internal static class TlsMetrics
{
    private static readonly Meter Meter = new("Sockeye.Tls");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "sockeye.tls.handshake.duration", "s", "TLS handshakes, including those that failed; error.type has the cause.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
        });

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "sockeye.tls.handshake.failures", "{handshake}", "TLS handshakes that failed; error.type has the cause.");

    public static void OnDone(TlsRole role, TimeSpan duration, SslProtocols protocol)
    {
        if (Duration.Enabled)
            Duration.TryRecord(duration.TotalSeconds, CreateRoleTag(role), new("tls.protocol.version", GetVersion(protocol)));
    }

    public static void OnFailed(TlsRole role, TimeSpan duration, TlsFailure failure)
    {
        if (!Duration.Enabled && !Failures.Enabled)
            return;
        var error = new KeyValuePair<string, object?>(MetricTags.ErrorType, MetricTags.GetValue(failure));
        Duration.TryRecord(duration.TotalSeconds, CreateRoleTag(role), error);
        Failures.TryAdd(1, CreateRoleTag(role), error);
    }

    private static KeyValuePair<string, object?> CreateRoleTag(TlsRole role) =>
        new("sockeye.tls.role", MetricTags.GetValue(role));

    private static string GetVersion(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "1.2",
        SslProtocols.Tls13 => "1.3",
        _ => "other",
    };
}
