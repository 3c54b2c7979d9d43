using System.Net;
using System.Text.Json;

namespace Sockeye.Hosting;

/// <summary>What /metrics answers: the meters of Sockeye, and how near this server is to not serving.</summary>
internal sealed class ServerMetricsText(SockeyeServer server, MetricCollector collector)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public byte[] Write()
    {
        var text = new PrometheusText();
        collector.Read(family => Write(text, family));
        WriteLoad(text, server.GetLoad());
        return text.ToBytes();
    }

    private static void Write(PrometheusText text, MetricFamily family)
    {
        var all = family.Series.ToList();
        if (all.Count == 0)
            return;
        text.Family(family.Name, family.Type, family.Help);
        foreach (var series in all)
        {
            if (series is HistogramSeries histogram)
                text.Histogram(family.Name, histogram);
            else
                text.Value(family.Name, series.Labels, series.Value);
        }
    }

    private static void WriteLoad(PrometheusText text, ServerLoad load)
    {
        Gauge("connections_max", "MaxConnections of the server.", load.MaxConnections);
        Gauge("connections_waiting", "Connections whose handler has not begun.", load.Waiting);
        Gauge("connections_waiting_longest_seconds", "How long the longest of them has waited.", load.LongestWait.TotalSeconds);
        Gauge("connections_read_paused", "Connections whose handler does not read.", load.ReadPaused);
        Gauge("connections_send_blocked", "Connections whose peer does not take.", load.SendBlocked);

        text.Family("sockeye_server_listening", "gauge", "1 where the server listens, 0 where it does not any more.");
        foreach (var listener in load.Listeners)
            text.Value("sockeye_server_listening", LabelsOf(listener.EndPoint), listener.IsListening ? 1 : 0);

        text.Family(
            "sockeye_server_saturation_level", "gauge", "Signs that the server is near to not serving; at 1 clients fail.");
        // A sign without an end point is the whole server's; two of a kind on one end point do not happen.
        foreach (var sign in load.Signs.DistinctBy(sign => (sign.Kind, sign.EndPoint)))
        {
            KeyValuePair<string, object?> kind = new("sign", JsonNamingPolicy.SnakeCaseLower.ConvertName($"{sign.Kind}"));
            var labels = PrometheusNames.Labels(sign.EndPoint is null ? [kind] : [kind, .. MetricTags.Of(sign.EndPoint)]);
            text.Value("sockeye_server_saturation_level", labels, sign.Level);
        }

        void Gauge(string name, string help, double value)
        {
            text.Family($"sockeye_server_{name}", "gauge", help);
            text.Value($"sockeye_server_{name}", "", value);
        }
    }

    private static string LabelsOf(EndPoint endPoint) => PrometheusNames.Labels(MetricTags.Of(endPoint));
}
