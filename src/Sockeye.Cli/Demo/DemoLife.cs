using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using static Sockeye.SocketFunction;

namespace Sockeye.Cli;

/// <summary>
/// The life of one connection, step by step, with time to inspect each step: a client is accepted only in its scene. The server
/// class does the same without pauses.
/// </summary>
internal sealed class DemoLife(TimeProvider time)
{
    private const string Server = StepRecorder.Server;
    private const string Client = StepRecorder.Client;

    private static readonly TimeSpan CpuWindow = TimeSpan.FromMilliseconds(250);

    private readonly StepRecorder _steps = new();

    /// <summary>The port of the server, from the first scene on.</summary>
    public int Port { get; private set; }

    public async IAsyncEnumerable<DemoScene> PlayAsync()
    {
        await WarmUpAsync();
        var client = new SockeyeClient(options => options.Transport = _steps.CreateTransport(Client));
        var listener = await _steps.CreateTransport(Server).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        await using (listener)
        await using (var acceptor = new DemoAcceptor(listener))
        {
            Port = ((IPEndPoint)listener.EndPoint).Port;
            foreach (var scene in await BindScenesAsync(listener))
                yield return scene;

            var near = await ConnectAsync(client, listener);
            yield return await ConnectSceneAsync(listener);
            yield return await SendSceneAsync(near);
            var far = await acceptor.AcceptAsync(near);
            yield return await AcceptSceneAsync(listener, near, far);
            yield return await ReceiveSceneAsync(near, far);

            acceptor.Open();
            yield return await WaitSceneAsync(listener);
            yield return await ShutdownSceneAsync(near, far);
            yield return await CloseSceneAsync(near, far);

            await acceptor.CloseAsync();
            near = await ConnectAsync(client, listener);
            far = await acceptor.AcceptAsync(near);
            yield return await AbortSceneAsync(near, far);
            yield return await DemoPairs.PlayAsync(client, listener.EndPoint, acceptor);
            yield return await DemoBrowser.PlayAsync(client, listener.EndPoint, acceptor);
            _steps.Clear();
        }
    }

    private static DemoScene Scene(
        string function, string title, IEnumerable<(string Side, SocketStep Step)> steps, params IEnumerable<string> facts) =>
        new(function, title, [.. steps.Select(s => Show(s.Side, s.Step))], [.. facts]);

    private static DemoStep Show(string side, SocketStep step) => new(
        side,
        StepText.Function(step.Function),
        step.Handle,
        step.LocalEndPoint is null ? null : EndPointName.Format(step.LocalEndPoint),
        step.RemoteEndPoint is null ? null : EndPointName.Format(step.RemoteEndPoint),
        step.Function is Send or Receive ? step.Bytes : null,
        step.Function is Connect ? step.Elapsed.TotalMilliseconds : null,
        StepText.State(step.TcpInfo?.State) is { Length: > 0 } state ? state : null,
        StepText.Note(step) is { Length: > 0 } note ? note : null);

    private static string GetState(ConnectionContext connection) =>
        StepText.State(connection.GetTcpInfo()?.State) is { Length: > 0 } state ? state : "closed";

    private static string States(ConnectionContext client, ConnectionContext server) =>
        $"now: client {GetState(client)}, server {GetState(server)}";

    /// <summary>Connects once before the demo, so that compilation by the runtime is not part of a handshake's time.</summary>
    private static async Task WarmUpAsync()
    {
        var unseen = new StepRecorder();
        await using var listener = await unseen.CreateTransport(Server).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var client = new SockeyeClient(options => options.Transport = unseen.CreateTransport(Client));
        var connection = await client.ConnectAsync(listener.EndPoint);
        await CloseBothAsync(connection, (await listener.AcceptAsync())!);
    }

    /// <summary>Returns null if the system does not report its accept queue, even if it reports connections.</summary>
    private static TcpInfo? GetAcceptQueue(IConnectionListener listener) =>
        listener.GetTcpInfo() is { AcceptQueueLimit: not null } info ? info : null;

    /// <summary>Closes both ends at the same time, because each waits for the other's FIN.</summary>
    private static Task CloseBothAsync(ConnectionContext one, ConnectionContext other) =>
        Task.WhenAll(one.DisposeAsync().AsTask(), other.DisposeAsync().AsTask());

    private async Task<ConnectionContext> ConnectAsync(SockeyeClient client, IConnectionListener listener)
    {
        var connection = await client.ConnectAsync(listener.EndPoint);
        _steps.Watch(connection.LocalEndPoint!);
        return connection;
    }

    private async Task<IEnumerable<DemoScene>> BindScenesAsync(IConnectionListener listener)
    {
        var steps = await _steps.TakeAsync((Server, Socket), (Server, Bind), (Server, Listen));
        var info = GetAcceptQueue(listener);
        return
        [
            Scene("socket()", "the server chooses the protocol: TCP over IPv4", steps.Where(s => s.Step.Function is Socket),
                "an IPv6 address or a Unix path would choose another; nothing is sent yet"),
            Scene("bind()", "the server sets its own (local) address and port", steps.Where(s => s.Step.Function is Bind),
                $"port 0 means any free port, here {((IPEndPoint)listener.EndPoint).Port}"),
            Scene("listen()", "from now on the system answers handshakes, and queues them",
                steps.Where(s => s.Step.Function is Listen),
                info is null
                    ? "finished handshakes wait for accept(); this system does not report how many"
                    : $"{StepText.AcceptQueue(info)}: the size of the queue of finished handshakes")
                with { AcceptQueueDepth = info?.AcceptQueueDepth, AcceptQueueLimit = info?.AcceptQueueLimit },
        ];
    }

    private async Task<DemoScene> ConnectSceneAsync(IConnectionListener listener)
    {
        var steps = await _steps.TakeAsync((Client, Socket), (Client, Connect));
        var connect = steps.Single(s => s.Step.Function is Connect).Step;
        List<string> facts = [$"handshake SYN, SYN/ACK, ACK: connect() took {StepText.Milliseconds(connect.Elapsed)}"];
        if (connect.TcpInfo?.RoundTripTime is { } roundTrip)
            facts.Add($"of which SYN to SYN/ACK {StepText.Milliseconds(roundTrip)}, as the system measured it");
        facts.Add("the client got its own local address and port");
        var info = GetAcceptQueue(listener);
        if (info is not null)
            facts.Add($"{StepText.AcceptQueue(info)}: finished, before the server calls accept()");
        return Scene("connect()", "the three-way handshake", steps, facts) with
        {
            HandshakeMilliseconds = connect.Elapsed.TotalMilliseconds,
            AcceptQueueDepth = info?.AcceptQueueDepth,
            AcceptQueueLimit = info?.AcceptQueueLimit,
        };
    }

    private async Task<DemoScene> SendSceneAsync(ConnectionContext client)
    {
        await client.Transport.Output.WriteAsync("hello, "u8.ToArray());
        var first = await _steps.TakeAsync((Client, Send));
        await client.Transport.Output.WriteAsync("server"u8.ToArray());
        var second = await _steps.TakeAsync((Client, Send));
        return Scene("send()", "the client does not have to wait for accept()", [.. first, .. second],
            "the bytes wait in the receive buffer of the server's system");
    }

    private async Task<DemoScene> AcceptSceneAsync(
        IConnectionListener listener, ConnectionContext client, ConnectionContext server)
    {
        var steps = await _steps.TakeAsync((Server, Accept));
        var info = GetAcceptQueue(listener);
        List<string> facts =
        [
            $"socket {steps[0].Step.Handle} is new, for this one client (1 : 1)",
            $"the server sees {server.RemoteEndPoint}, which is the client's {client.LocalEndPoint}",
        ];
        if (info is not null)
            facts.Add($"the listening socket is still in {StepText.State(info.State)}, {StepText.AcceptQueue(info)}");
        return Scene("accept()", "a new socket for this one client", steps, facts) with
        {
            AcceptQueueDepth = info?.AcceptQueueDepth,
            AcceptQueueLimit = info?.AcceptQueueLimit,
        };
    }

    private async Task<DemoScene> ReceiveSceneAsync(ConnectionContext client, ConnectionContext server)
    {
        var request = await _steps.TakeAsync((Server, Receive));
        var text = await ReadTextAsync(server.Transport.Input);
        await server.Transport.Output.WriteAsync("hello, client"u8.ToArray());
        var answer = await _steps.TakeAsync((Server, Send), (Client, Receive));
        await ReadTextAsync(client.Transport.Input);
        return Scene("recv()", "a byte stream both ways", [.. request, .. answer],
            $"\"{text}\" arrived in one piece, although it was sent in two:", "a stream has no message boundaries");
    }

    /// <summary>Measures the cost of waiting for the next client.</summary>
    private async Task<DemoScene> WaitSceneAsync(IConnectionListener listener)
    {
        // Compilation in the background is not a cost of the wait. It ends within one or two windows.
        var percent = double.MaxValue;
        for (var attempt = 0; attempt < 4 && percent > 0.5; attempt++)
            percent = Math.Min(percent, await MeasureCpuAsync());
        var used = percent / 100 * CpuWindow.TotalMilliseconds;
        return Scene("waiting", "accept() and recv() wait in the system, not on the processor", [],
            $"{listener.EndPoint} waited {CpuWindow.TotalMilliseconds:0} ms for the next client",
            string.Create(CultureInfo.InvariantCulture,
                $"the process used {used:0.0} ms of CPU time, for the runtime and this measurement"))
            with { CpuPercent = Math.Round(percent, 2) };
    }

    private async Task<double> MeasureCpuAsync()
    {
        var (cpu, start) = (Environment.CpuUsage.TotalTime, time.GetTimestamp());
        await Task.Delay(CpuWindow, time);
        return 100 * (Environment.CpuUsage.TotalTime - cpu) / time.GetElapsedTime(start);
    }

    private async Task<DemoScene> ShutdownSceneAsync(ConnectionContext client, ConnectionContext server)
    {
        await client.Transport.Output.CompleteAsync();
        var fin = await _steps.TakeAsync((Client, Shutdown), (Server, Receive));
        await server.Transport.Output.WriteAsync("I am still here"u8.ToArray());
        var answer = await _steps.TakeAsync((Server, Send), (Client, Receive));
        await ReadTextAsync(client.Transport.Input);
        return Scene("shutdown()", "half-close: one direction ends, the other continues", [.. fin, .. answer],
            States(client, server), "the client has sent FIN and can still receive",
            "the server has received it and can still send");
    }

    private async Task<DemoScene> CloseSceneAsync(ConnectionContext client, ConnectionContext server)
    {
        await server.Transport.Output.CompleteAsync();
        await CloseBothAsync(client, server);
        var steps = await _steps.TakeAsync((Server, Shutdown), (Client, Receive), (Server, Close), (Client, Close));
        return Scene("close()", "both directions have ended", steps,
            $"client: {client.CloseReason}", $"server: {server.CloseReason}",
            "the side that sent FIN first stays in TIME-WAIT, for late packets");
    }

    private async Task<DemoScene> AbortSceneAsync(ConnectionContext client, ConnectionContext server)
    {
        await _steps.TakeAsync((Client, Socket), (Client, Connect), (Server, Accept));
        client.Abort(CloseCause.Abort, "this side aborted the connection");
        string? thrown = null;
        try
        {
            await server.Transport.Input.ReadAsync();
        }
        catch (ConnectionResetException e)
        {
            thrown = e.GetType().Name;
        }

        await CloseBothAsync(client, server);
        var steps = await _steps.TakeAsync((Client, Close), (Server, Receive), (Server, Close));
        return Scene("abort", "both directions end at once: RST instead of FIN", steps,
            $"client: {client.CloseReason}", $"server: {server.CloseReason}",
            thrown is null ? "the server's read continued, which is wrong" : $"the server's read throws {thrown}",
            "data on its way is lost, so this is for errors only");
    }

    private static async Task<string> ReadTextAsync(PipeReader input)
    {
        var read = await input.ReadAsync();
        var text = Encoding.ASCII.GetString(read.Buffer);
        input.AdvanceTo(read.Buffer.End);
        return text;
    }
}
