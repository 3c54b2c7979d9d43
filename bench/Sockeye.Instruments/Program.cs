using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using Sockeye;
using Sockeye.Instruments;

// Measures what metrics and traces do for one connection and for one message, without a listener and
// with one that drops all; and what it costs to ask a server how it is.
const int Calls = 5_000_000;
var options = new SockeyeServerOptions();
var listening = new ActiveListener(
    new NoListener(new IPEndPoint(IPAddress.Loopback, 7000)),
    new ListenerConfiguration(options.ListenLocalhost(7000), null!, [], [], null),
    new ServerContext(ServerConfiguration.Create(options)),
    options.Random,
    default);
var traces = 0;
(string Name, Action Run)[] works =
[
    ("a connection: accepted, traced or not, closed", () =>
    {
        ServerMetrics.OnAccepted(listening.Tags);
        traces += ConnectionTrace.IsEnabled ? 1 : 0;
        ServerMetrics.OnClosed(listening.Tags, CloseReason.PeerFin, TimeSpan.FromSeconds(1));
    }),
    ("a message, one way", () =>
    {
        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnSent(100);
    }),
];

Console.WriteLine("| Operation | no listener: ns | allocated B | with a listener: ns | allocated B |");
Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
var without = works.Select(work => CallCost.Measure(work.Run, Calls)).ToList();
using var meters = new MeterListener
{
    InstrumentPublished = static (instrument, listener) =>
    {
        if (instrument.Meter.Name.StartsWith("Sockeye.", StringComparison.Ordinal))
            listener.EnableMeasurementEvents(instrument);
    },
};
meters.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
meters.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
meters.Start();
foreach (var (work, (time, bytes)) in works.Zip(without))
{
    var (timeWith, bytesWith) = CallCost.Measure(work.Run, Calls);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {work.Name} | {time:0.0} | {bytes:0} | {timeWith:0.0} | {bytesWith:0} |"));
}

Console.WriteLine();
await LoadCost.PrintAsync();
