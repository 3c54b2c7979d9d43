using System.Diagnostics;
using System.Globalization;
using System.Net;
using Sockeye;
using Sockeye.Linux;
using Sockeye.Takeover.Node;

// usage: Sockeye.Takeover.Node ENGINE PORT,PORT SOCKET [STEP]
// Echoes bytes on the first port, and answers messages on the second one (0: free ports), until another process takes over.
// With a STEP, it kills itself when it comes there.
if (args.Length is not (3 or 4))
    throw new ArgumentException("usage: Sockeye.Takeover.Node ENGINE PORT,PORT SOCKET [STEP]");
var ports = args[1].Split(',').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToList();
TakeoverStep? deadly = args.Length == 4 ? Enum.Parse<TakeoverStep>(args[3]) : null;

var options = new SockeyeServerOptions
{
    LoggerFactory = new LineLog(),
    ShutdownTimeout = TimeSpan.FromSeconds(5),
    Transport = args[0] switch
    {
        "sockets" => new SocketTransport(),
        "epoll" => new LinuxTransport(new() { Engine = LinuxEngine.Epoll, ThreadCount = 1 }),
        _ => new LinuxTransport(new() { Engine = LinuxEngine.IoUring, ThreadCount = 1 }),
    },
};
options.Listen(new IPEndPoint(IPAddress.Loopback, ports[0])).UseMoving().Run(EchoHandler.RunAsync);
options.Listen(new IPEndPoint(IPAddress.Parse("127.0.0.2"), ports[1])).UseMoving().Run(Mark.Codec, MarkHandler.RunAsync);
options.UseTakeover(args[2], takeover => takeover.OnStep = step =>
{
    if (step == deadly)
        Process.GetCurrentProcess().Kill(); // SIGKILL: nothing runs after it.
});

try
{
    var result = await SockeyeServer.RunAsync(
        options,
        started => Console.WriteLine(
            $"listening {string.Join(',', started.EndPoints.Select(endpoint => ((IPEndPoint)endpoint).Port))}"));
    Console.WriteLine($"ended {result}");
    return 0;
}
catch (IOException e)
{
    Console.WriteLine($"failed {e.Message}");
    return 1;
}
