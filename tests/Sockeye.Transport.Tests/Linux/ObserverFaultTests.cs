using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>An observer of steps that throws: a start leaves nothing bound, and a stop stops.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class ObserverFaultTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private static readonly LinuxEngine[] Engines = [LinuxEngine.Sockets, .. EachEngine.All];

    private readonly Fault _fault = new();
    private readonly Lines _log = new();

    public static TheoryData<LinuxEngine, SocketFunction, int> Starts => Each(
        (SocketFunction.Socket, 0), (SocketFunction.Bind, 0), (SocketFunction.Listen, 0),
        (SocketFunction.Socket, 1), (SocketFunction.Bind, 1), (SocketFunction.Listen, 1));

    public static TheoryData<LinuxEngine, SocketFunction, int> Functions => Each(
        (SocketFunction.Accept, 0), (SocketFunction.Receive, 0), (SocketFunction.Send, 0), (SocketFunction.Shutdown, 0),
        (SocketFunction.Close, 0));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="engine">What serves.</param>
    /// <param name="function">At which the observer throws.</param>
    /// <param name="after">How many calls of it go well before.</param>
    [Theory, MemberData(nameof(Starts))]
    public async Task A_start_that_fails_leaves_nothing_bound_and_no_descriptor(
        LinuxEngine engine, SocketFunction function, int after)
    {
        await using var transport = NewTransport(engine, LinuxAcceptMode.ReusePort);
        await (await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled)).DisposeAsync(); // All is loaded.
        var before = ThisProcess.Sockets;
        _fault.Arm(function, after, andAtClose: true);

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(transport, endpoints: 2));

        Assert.Same(_fault.Error, failed);
        await BecomesAsync(() => ThisProcess.Sockets == before, $"{before} sockets were open again");
    }

    [Theory, MemberData(nameof(Functions))]
    public async Task A_stop_notifies_handlers_and_releases_everything_whichever_step_fails(
        LinuxEngine engine, SocketFunction function, int after)
    {
        await using var transport = NewTransport(engine, LinuxAcceptMode.LeastLoaded);
        await (await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled)).DisposeAsync();
        var before = ThisProcess.Sockets;
        await using var server = await StartAsync(transport, endpoints: 2);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(server.EndPoints[1], Cancelled);
        await BecomesAsync(() => server.ConnectionCount == 1, "the client was accepted");
        _fault.Arm(function, after, andAtClose: true);
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await ConnectClientAsync(late, server.EndPoints[0]);
        await client.SendAsync("x"u8.ToArray(), Cancelled);
        client.Shutdown(SocketShutdown.Send);

        await server.StopAsync(Cancelled).WaitAsync(WaitLimit, Cancelled);

        Assert.Equal(0, server.ConnectionCount);
        client.Dispose();
        late.Dispose();
        await BecomesAsync(() => ThisProcess.Sockets == before, $"{before} sockets were open again");
        // Each listener's close threw, and has its own line.
        var lines = _log.Of(1008);
        Assert.Equal(server.EndPoints.Select(endpoint => $"{endpoint}").Order(), lines.Select(EndPointIn).Order());
        Assert.All(lines, line => Assert.EndsWith("InvalidOperationException: bad observer", line, StringComparison.Ordinal));

        string EndPointIn(string line) => $"{server.EndPoints.Single(
            endpoint => line.Contains($"while unbinding {endpoint};", StringComparison.Ordinal))}";
    }

    [Theory, MemberData(nameof(Functions))]
    public async Task A_reload_is_whole_whichever_step_fails(LinuxEngine engine, SocketFunction function, int after)
    {
        await using var transport = NewTransport(engine, LinuxAcceptMode.LeastLoaded);
        await using var server = await StartAsync(transport, endpoints: 2);
        var (removed, kept) = (server.EndPoints[0], server.EndPoints[1]);
        _fault.Arm(function, after, andAtClose: true);

        var result = await server.ReloadAsync(options => options.Listen(kept).Run(EchoAsync), Cancelled);
        _fault.Disarm();

        Assert.Equal([removed], result.Removed);
        Assert.Equal([kept], server.EndPoints);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(kept, Cancelled);
        await client.SendAsync("x"u8.ToArray(), Cancelled);
        Assert.Equal(1, await client.ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(WaitLimit, Cancelled));
        var line = Assert.Single(_log.Of(1008));
        Assert.Contains($"while unbinding {removed};", line, StringComparison.Ordinal);
    }

    [Theory, ClassData<EachEngine>]
    public async Task A_transport_that_is_disposed_of_ends_its_threads(LinuxEngine engine)
    {
        var transport = NewTransport(engine, LinuxAcceptMode.ReusePort);
        var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        _fault.Arm(SocketFunction.Close, after: 0, andAtClose: true);

        Assert.Same(
            _fault.Error, await Assert.ThrowsAsync<InvalidOperationException>(() => transport.DisposeAsync().AsTask()));

        await listener.DisposeAsync(); // Has ended, and has thrown its error once.
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled).AsTask());
    }

    private LinuxTransport NewTransport(LinuxEngine engine, LinuxAcceptMode mode) => new(new()
    {
        Engine = engine,
        ThreadCount = 2,
        AcceptMode = mode,
        Sockets = new() { OnStep = _fault.OnStep },
    });

    private Task<SockeyeServer> StartAsync(LinuxTransport transport, int endpoints)
    {
        var options = new SockeyeServerOptions { Transport = transport, LoggerFactory = _log };
        for (var i = 0; i < endpoints; i++)
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync);
        return SockeyeServer.StartAsync(options, Cancelled);
    }

    private static async Task ConnectClientAsync(Socket socket, EndPoint endpoint)
    {
        try
        {
            await socket.ConnectAsync(endpoint, Cancelled);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            // By an observer that throws at accept, and so early that connecting itself fails.
        }
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        await connection.Transport.Input.CopyToAsync(connection.Transport.Output, connection.StopRequested);
    }

    private static async Task BecomesAsync(Func<bool> condition, string what)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(startedAt) < WaitLimit, $"It did not happen in {WaitLimit}: {what}.");
            await Task.Yield();
        }
    }

    private static TheoryData<LinuxEngine, SocketFunction, int> Each(params (SocketFunction Function, int After)[] cases)
    {
        var data = new TheoryData<LinuxEngine, SocketFunction, int>();
        foreach (var engine in Engines)
        {
            foreach (var (function, after) in cases)
                data.Add(engine, function, after);
        }

        return data;
    }

    /// <summary>An observer that throws from a call of a function on.</summary>
    private sealed class Fault
    {
        private readonly Lock _lock = new();
        private SocketFunction? _function;
        private int _after;
        private bool _andAtClose;

        public InvalidOperationException Error { get; } = new("bad observer");

        public void Arm(SocketFunction function, int after, bool andAtClose)
        {
            lock (_lock)
                (_function, _after, _andAtClose) = (function, after, andAtClose);
        }

        public void Disarm()
        {
            lock (_lock)
                _function = null;
        }

        public void OnStep(SocketStep step)
        {
            lock (_lock)
            {
                if (_function is null)
                    return;
                if (step.Function == _function ? _after-- <= 0 : _andAtClose && step.Function is SocketFunction.Close)
                    throw Error;
            }
        }
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<(int Id, string Text)> _lines = [];

        public string[] Of(int id) => [.. _lines.Where(line => line.Id == id).Select(line => line.Text)];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("One log is enough.");

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((eventId.Id, formatter(state, exception)));
    }
}
