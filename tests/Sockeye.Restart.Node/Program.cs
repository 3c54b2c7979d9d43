using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sockeye;
using Sockeye.Hosting;
using Sockeye.Linux;
using Sockeye.Takeover.Node;

// usage: Sockeye.Restart.Node ENGINE PORT,PORT [MAX]
// A service that echoes bytes on the first port and answers messages on the second one (0: free ports), and that keeps its
// listeners and connections over a restart. MAX is the size of the descriptor store, which systemd reports from version 254 on.
if (args.Length is not (2 or 3))
    throw new ArgumentException("usage: Sockeye.Restart.Node ENGINE PORT,PORT [MAX]");
var ports = args[1].Split(',').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToList();

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
builder.Services.AddSockeyeSystemd(systemd =>
{
    (systemd.StoreListeners, systemd.StoreConnections) = (true, true);
    if (args.Length == 3)
        systemd.MaxStoredDescriptors = int.Parse(args[2], CultureInfo.InvariantCulture);
});
builder.Services.AddSockeyeServer(server => server.Configure(options =>
{
    options.Transport = args[0] switch
    {
        "sockets" => new SocketTransport(),
        "epoll" => new LinuxTransport(new() { Engine = LinuxEngine.Epoll, ThreadCount = 1 }),
        _ => new LinuxTransport(new() { Engine = LinuxEngine.IoUring, ThreadCount = 1 }),
    };
    options.Listen(new IPEndPoint(IPAddress.Loopback, ports[0])).UseMoving().Run(EchoHandler.RunAsync);
    options.Listen(new IPEndPoint(IPAddress.Parse("127.0.0.2"), ports[1])).UseMoving().Run(Mark.Codec, MarkHandler.RunAsync);
}));

using var host = builder.Build();
var hosted = host.Services.GetRequiredService<HostedServer>();
host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => Console.WriteLine(
    $"listening {string.Join(',', hosted.Server.EndPoints.Select(endpoint => ((IPEndPoint)endpoint).Port))}"));
await host.RunAsync();
