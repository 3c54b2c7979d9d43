namespace Sockeye.Hosting;

/// <summary>What /metrics answers: the meters of Sockeye, and whether this server listens.</summary>
internal sealed class ServerMetricsText(SockeyeServer server, MetricCollector collector)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public byte[] Write()
    {
        var text = new PrometheusText();
        collector.Read(family => Write(text, family));
        WriteListeners(text, server.GetLoad());
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

    /// <summary>What no instrument tells: whether a listener is there at all.</summary>
    private static void WriteListeners(PrometheusText text, ServerLoad load)
    {
        text.Family("sockeye_server_listening", "gauge", "1 where the server listens, 0 where it does not any more.");
        foreach (var listener in load.Listeners)
        {
            var labels = PrometheusNames.Labels(MetricTags.Of(listener.EndPoint));
            text.Value("sockeye_server_listening", labels, listener.IsListening ? 1 : 0);
        }
    }
}
