using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Sockeye.Clustering.Node;
using Sockeye.Orleans;

// usage: Sockeye.Cluster.Node REDIS ORLEANS-CLUSTER CLUSTER NAME INCARNATION NODE-TIMEOUT-IN-SECONDS
// Writes each event as a line. Reads commands: "subscribe TOPIC" and "publish TOPIC TEXT". Ends with its input.
if (args is not [var redis, var silos, var name, var node, var incarnation, var seconds])
{
    throw new ArgumentException(
        "usage: Sockeye.Cluster.Node REDIS ORLEANS-CLUSTER CLUSTER NAME INCARNATION NODE-TIMEOUT-IN-SECONDS");
}

var nodeTimeout = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));

var commands = Channel.CreateBounded<string>(100);
_ = Task.Run(ReadCommandsAsync);

var builder = Host.CreateEmptyApplicationBuilder(null);
builder.UseOrleans(silo => silo
    .UseRedisClustering(redis)
    .Configure<Orleans.Configuration.ClusterOptions>(options => options.ClusterId = options.ServiceId = silos)
    .ConfigureEndpoints(IPAddress.Loopback, FreePort(), gatewayPort: 0)
    .UseSockeyeCluster(nodeTimeout));
using var host = builder.Build();
await host.StartAsync();

await using var engine = new OrleansClusterEngine(host.Services);
await engine.StartAsync(
    new()
    {
        ClusterName = name,
        Self = new(node, ulong.Parse(incarnation, CultureInfo.InvariantCulture)),
        Events = new EventLines(),
        MaxQueuedBytes = 16 << 20,
        SlowNode = SlowNodePolicy.Drop,
        NodeTimeout = nodeTimeout,
        TimeProvider = TimeProvider.System,
        LoggerFactory = NullLoggerFactory.Instance,
    },
    CancellationToken.None);

await foreach (var line in commands.Reader.ReadAllAsync())
{
    switch (line.Split(' ', 3))
    {
        case ["subscribe", var topic]:
            await engine.SubscribeAsync(topic, CancellationToken.None);
            Console.WriteLine($"subscribed {topic}");
            break;
        case ["publish", var topic, var text]:
            Console.WriteLine($"published {engine.TryPublish(topic, Encoding.UTF8.GetBytes(text))}");
            break;
        default:
            throw new InvalidOperationException($"'{line}' is not a command: subscribe TOPIC, or publish TOPIC TEXT.");
    }
}

// Also while the silo starts, which it tries for minutes: no node outlives its test.
async Task ReadCommandsAsync()
{
    while (await Console.In.ReadLineAsync() is { } line)
        await commands.Writer.WriteAsync(line);
    Environment.Exit(0);
}

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}
