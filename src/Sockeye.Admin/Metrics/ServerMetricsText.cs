namespace Sockeye.Admin;

/// <summary>Writes the response of /metrics: the meters of Sockeye and .NET, process metrics with Prometheus' names, and the
/// identity and listeners of this server.</summary>
internal sealed class ServerMetricsText(SockeyeServer server, ServerIdentity identity, MetricCollector collector)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public byte[] Write()
    {
        var text = new PrometheusText();
        collector.Read(family => Write(text, family));
        WriteProcess(text);
        WriteServer(text);
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

    /// <summary>Writes process metrics with the names of Prometheus' client libraries, which dashboards expect.</summary>
    private static void WriteProcess(PrometheusText text)
    {
        One("process_cpu_seconds_total", "counter", "Processor time of the process, in seconds.",
            Environment.CpuUsage.TotalTime.TotalSeconds);
        One("process_resident_memory_bytes", "gauge", "The resident memory of the process (working set).",
            Environment.WorkingSet);
        One("process_start_time_seconds", "gauge", "The start time of the process, in seconds since 1970.",
            ServerIdentity.ProcessStart.ToUnixTimeMilliseconds() / 1000.0);

        void One(string name, string type, string help, double value)
        {
            text.Family(name, type, help);
            text.Value(name, "", value);
        }
    }

    private void WriteServer(PrometheusText text)
    {
        const string Info = "sockeye_server_info", Uptime = "sockeye_server_uptime_seconds";
        text.Family(Info, "gauge", "Always 1; the labels identify the server.");
        text.Value(Info, PrometheusNames.FormatLabels(
            [new("name", identity.Name), new("engine", identity.Engine), new("version", ServerIdentity.Version),
                new("sockeye_version", ServerIdentity.SockeyeVersion), new("runtime", ServerIdentity.Runtime)]), 1);
        text.Family(Uptime, "gauge", "Time since the server was started.");
        text.Value(Uptime, "", server.Uptime.TotalSeconds);
    }

    /// <summary>Writes whether each listener exists, which no instrument reports.</summary>
    private static void WriteListeners(PrometheusText text, ServerLoad load)
    {
        text.Family("sockeye_server_listening", "gauge", "1 if the server listens, 0 if it no longer does.");
        foreach (var listener in load.Listeners)
        {
            var labels = PrometheusNames.FormatLabels(MetricTags.CreateAddressTags(listener.EndPoint));
            text.Value("sockeye_server_listening", labels, listener.IsListening ? 1 : 0);
        }
    }
}
