#:project ../src/Sockeye/Sockeye.csproj
#:project ../src/Sockeye.Nats/Sockeye.Nats.csproj
// A chat on three nodes behind HAProxy, connected by NATS, all on this machine: apt-get install haproxy nats-server
//   dotnet run samples/fleet.cs            nodes and talking clients; commands: add, kill NAME, upgrade NAME, quit
//   dotnet run samples/fleet.cs -- tour    kills, upgrades and adds a node while clients talk, and checks what they receive
// The page http://localhost:7080/ shows the nodes. Chat yourself: dotnet run --project src/Sockeye.Cli -- connect 7000
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye;
using Sockeye.Nats;

var lines = Codec.Lines(maxLength: 4096);
if (args is ["node", var node, var nodePort, var natsUrl])
{
    await RunNodeAsync(node, int.Parse(nodePort), natsUrl);
    return 0;
}

var folder = Directory.CreateTempSubdirectory("sockeye-fleet-").FullName;
var (natsPort, ports) = (FreePort(), Enumerable.Range(0, 6).Select(_ => FreePort()).ToArray());
var nodes = new Dictionary<string, (Process Process, int Port)>();
var programs = new List<Process>();
var (started, clients) = (0, new List<TalkingClient>());
try
{
    File.WriteAllText($"{folder}/haproxy.cfg", $"""
        defaults
          mode tcp
          timeout connect 1s
          timeout client 1h
          timeout server 1h
          retries 5
          option redispatch 1
        listen chat
          bind 127.0.0.1:7000
          balance leastconn
          default-server send-proxy-v2 check-send-proxy check inter 200ms fall 1 rise 1
        {string.Join('\n', ports.Select((port, i) => $"  server slot{i} 127.0.0.1:{port}"))}

        """);
    programs.Add(Start("nats-server", "-a", "127.0.0.1", "-p", $"{natsPort}"));
    programs.Add(Start("haproxy", "-q", "-f", $"{folder}/haproxy.cfg"));
    await using var cluster = await Cluster.StartAsync(options =>
    {
        options.NodeName = "console";
        options.UseNats($"nats://127.0.0.1:{natsPort}");
        options.OnNodeChanged = change => Console.WriteLine($"{change.Kind,-9}{change.Node.Name}");
    });
    for (var i = 0; i < 3; i++)
        AddNode();
    await UntilAsync(() => cluster.OtherNodes.Count == 3, "three nodes are up");
    await using var page = await SockeyeServer.StartAsync(server => server
        .ListenLocalhost(7080).UseIdleTimeout(TimeSpan.FromSeconds(10)).Run(connection => ShowAsync(connection, cluster)));
    for (var i = 0; i < 20; i++)
        clients.Add(new($"client {i + 1}", lines));
    await UntilAsync(() => clients.All(client => client.Received > 20), "all clients hear each other");
    Console.WriteLine("20 clients talk through 127.0.0.1:7000; http://localhost:7080/ shows the nodes");
    return args is ["tour"] ? await TourAsync(cluster) : await CommandAsync();
}
finally
{
    foreach (var client in clients)
        await client.DisposeAsync();
    foreach (var program in nodes.Values.Select(one => one.Process).Concat(programs))
        program.Kill();
    Directory.Delete(folder, recursive: true);
}

// Kills, upgrades and adds a node. Clients miss nothing that a living node keeps, and receive nothing twice.
async Task<int> TourAsync(Cluster cluster)
{
    Console.WriteLine("kill n2");
    var killed = Stopwatch.StartNew();
    Kill("n2");
    await UntilAsync(() => cluster.OtherNodes.All(one => one.Name != "n2"), "n2 is lost");
    Console.WriteLine($"          noticed after {killed.Elapsed.TotalSeconds:F1} s");
    Console.WriteLine("upgrade n1");
    await UpgradeAsync("n1");
    Console.WriteLine("add a node");
    AddNode();
    await UntilAsync(() => nodes.Keys.All(name => cluster.OtherNodes.Any(one => one.Name == name)), "the new node is up");
    var before = clients.ConvertAll(client => client.Received);
    await UntilAsync(() => clients.Zip(before).All(one => one.First.Received > one.Second + 50), "all clients hear each other");
    clients.ForEach(client => client.IsSilent = true);
    await UntilAsync(() => clients.All(client => client.LivePosition(cluster) == clients[0].LivePosition(cluster)),
        "all clients have received the same messages");
    var (missed, twice) = (clients.Sum(client => client.Missed), clients.Sum(client => client.Twice));
    Console.WriteLine($"{clients.Sum(client => client.Received)} messages received, {clients.Sum(client => client.Connections)} "
        + $"connections, {missed} messages missed, {twice} received twice");
    return missed + twice == 0 ? 0 : 1;
}

async Task<int> CommandAsync()
{
    while (await Console.In.ReadLineAsync() is { } line && line != "quit")
    {
        switch (line.Split(' '))
        {
            case ["add"] when nodes.Count < ports.Length:
                AddNode();
                break;
            case ["kill", var name] when nodes.ContainsKey(name):
                Kill(name);
                break;
            case ["upgrade", var name] when nodes.ContainsKey(name) && nodes.Count < ports.Length:
                await UpgradeAsync(name);
                break;
            default:
                Console.WriteLine($"add, kill NAME, upgrade NAME or quit; nodes: {string.Join(", ", nodes.Keys)}");
                break;
        }
    }

    return 0;
}

void AddNode()
{
    var (name, port) = ($"n{++started}", ports.First(port => nodes.Values.All(one => one.Port != port)));
    nodes.Add(name, (Start(Environment.ProcessPath!, "node", name, $"{port}", $"nats://127.0.0.1:{natsPort}"), port));
}

void Kill(string name)
{
    nodes[name].Process.Kill(); // SIGKILL
    nodes.Remove(name);
}

// First the successor, then the end of its standard input, by which a node stops in order.
async Task UpgradeAsync(string name)
{
    AddNode();
    await Task.Delay(1000);
    nodes[name].Process.StandardInput.Close();
    await nodes[name].Process.WaitForExitAsync();
    nodes.Remove(name);
}

async Task RunNodeAsync(string name, int port, string nats)
{
    await using var cluster = await Cluster.StartAsync(options =>
    {
        options.NodeName = name;
        options.AddMessage(lines);
        options.UseNats(nats);
        options.GroupOptions.MaxReplayMessages = 10_000;
    });
    using var stop = new CancellationTokenSource();
    _ = Console.OpenStandardInput().CopyToAsync(Stream.Null).ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
    await SockeyeServer.RunAsync(server => server
        .Listen(new IPEndPoint(IPAddress.Loopback, port))
        .UseProxyProtocol(IPNetwork.Parse("127.0.0.0/8"))
        .Run(lines, async user =>
        {
            var room = cluster.Group<string>("room");
            await foreach (var line in user.ReadAllAsync())
            {
                if (line.StartsWith("join ") && GroupPosition.TryParse(line["join ".Length..], out var position))
                    await room.JoinAsync(user, position);
                else
                    room.Broadcast(stamp => $"{stamp} {user.RemoteEndPoint} on {name}: {line}");
            }
        }), stop.Token);
}

static async Task ShowAsync(ConnectionContext connection, Cluster cluster)
{
    await connection.Transport.Input.ReadAsync(); // One request, whatever it asks for.
    var rows = (await cluster.GetFleetAsync()).Skip(1).Select(one =>
        $"<tr><td>{one.Node.Name}<td>{one.Counts?.Connections}<td>{one.Counts?.Groups}<td>{one.Counts?.MissedMessages}"
        + $"<td>{one.Counts?.Uptime.TotalSeconds:F0} s");
    var html = $"""
        <!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Fleet</title>
        <meta http-equiv="refresh" content="1"><link rel="icon" href="data:,"><meta name="color-scheme" content="light dark">
        <style>body {"{"} font-family: system-ui; margin: 1rem {"}"}
        td, th {"{"} text-align: left; padding: .2rem .4rem .2rem 0 {"}"}</style>
        <h1>Fleet</h1><table><tr><th>Node<th>Connections<th>Groups<th>Missed<th>Up{string.Concat(rows)}</table>

        """;
    using var writer = new StreamWriter(connection.Transport.Output.AsStream(leaveOpen: true));
    await writer.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n{html}");
}

static Process Start(string program, params string[] arguments)
{
    // The children end with this process, however it ends.
    var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", program, .. arguments])
    {
        RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
    };
    start.Environment["PATH"] += ":/usr/sbin";
    var process = Process.Start(start)!;
    process.OutputDataReceived += (_, _) => { };
    process.ErrorDataReceived += (_, text) =>
    {
        if (text.Data is { } line && !line.StartsWith('[')) // The log of nats-server.
            Console.Error.WriteLine(line);
    };
    process.BeginOutputReadLine();
    process.BeginErrorReadLine();
    return process;
}

static int FreePort()
{
    using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
    socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    return ((IPEndPoint)socket.LocalEndPoint!).Port;
}

static async Task UntilAsync(Func<bool> condition, string what)
{
    for (var time = Stopwatch.StartNew(); !condition(); await Task.Delay(50))
    {
        if (time.Elapsed > TimeSpan.FromSeconds(60))
            throw new TimeoutException($"After a minute, it is not so that {what}.");
    }
}

// Talks, and checks the stamps of what it hears.
sealed class TalkingClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private GroupPosition _position = GroupPosition.Start;

    public TalkingClient(string name, Codec<string> lines) => _running = RunAsync(name, lines);

    public bool IsSilent { get; set; }

    public int Received { get; private set; }

    public int Missed { get; private set; }

    public int Twice { get; private set; }

    public int Connections { get; private set; }

    // The position without nodes that are gone, whose last messages may be nowhere.
    public string LivePosition(Cluster cluster)
    {
        var live = cluster.OtherNodes.Select(one => one.Incarnation).ToHashSet();
        return string.Join(',', _position.Stamps.Where(stamp => live.Contains(stamp.Incarnation)).Order(
            Comparer<GroupStamp>.Create((x, y) => x.Incarnation.CompareTo(y.Incarnation))));
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running;
    }

    private async Task RunAsync(string name, Codec<string> lines)
    {
        try
        {
            var client = new SockeyeClient(options => options.Reconnect.MaxDelay = TimeSpan.FromSeconds(1));
            await foreach (var chat in client.ReconnectAsync("127.0.0.1", 7000, lines, _stop.Token))
            {
                Connections++;
                using var lost = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var talking = TalkAsync(name, chat, lost.Token);
                try
                {
                    await foreach (var line in chat.ReadAllAsync(_stop.Token))
                        Hear(line);
                }
                catch (IOException)
                {
                    // The node is gone: the next connection leads to another one.
                }

                lost.Cancel();
                await talking;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task TalkAsync(string name, MessageConnection<string> chat, CancellationToken lost)
    {
        try
        {
            await chat.WriteAsync($"join {_position}", lost);
            for (var i = 1; ; i++)
            {
                await Task.Delay(200, lost);
                if (!IsSilent)
                    await chat.WriteAsync($"{name} says {i}", lost);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reader says more.
        }
    }

    private void Hear(string line)
    {
        if (!GroupStamp.TryParse(line.Split(' ')[0], out var stamp))
            throw new InvalidDataException(line);
        Received++;
        if (_position.Includes(stamp))
            Twice++;
        foreach (var last in _position.Stamps.Where(last => last.Incarnation == stamp.Incarnation && last.Series == stamp.Series))
            Missed += (int)Math.Max(0, (long)(stamp.Number - last.Number) - 1);
        _position = _position.Include(stamp);
    }
}
