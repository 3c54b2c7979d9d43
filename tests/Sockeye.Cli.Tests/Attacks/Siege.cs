using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>
/// A server under attack: while it lasts, good clients connect, have a line echoed and leave, one after another; none may fail,
/// and the server's memory may not grow beyond a bound.
/// </summary>
internal sealed class Siege : IAsyncDisposable
{
    private const long Megabyte = 1024 * 1024;

    /// <summary>The maximum time that a good client waits for its echo.</summary>
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(20);

    private readonly ToolProcess _server;
    private readonly Func<Socket> _newSocket;
    private readonly bool _usesTls;
    private readonly byte[] _greeting;
    private readonly List<Socket> _attackers = [];
    private readonly CancellationTokenSource _over = new();
    private readonly long _memoryBefore;
    private readonly Task _goodClients;
    private int _served;

    private Siege(ToolProcess server, IPEndPoint endpoint, Func<Socket> newSocket, bool usesTls, byte[] greeting)
    {
        (_server, EndPoint, _newSocket) = (server, endpoint, newSocket);
        (_usesTls, _greeting, _memoryBefore) = (usesTls, greeting, Memory(server));
        _goodClients = ServeAsync();
    }

    public IPEndPoint EndPoint { get; }

    public ToolProcess Server => _server;

    /// <summary>The number of good clients that have been served.</summary>
    public int Served => Volatile.Read(ref _served);

    /// <summary>Starts the server with these options, and serves some clients before the attack, to load all code.</summary>
    /// <param name="greeting">The first bytes of a good client, in clear text.</param>
    /// <param name="options">The options of <c>sockeye listen</c>.</param>
    public static async Task<Siege> BeginAsync(string greeting, params string[] options)
    {
        Programs.SkipUnlessLinux("/proc/PID/status");
        var usesTls = options.Any(option => option is "--tls" or "--cert");
        var server = await ToolProcess.ListenAsync(options);
        return await BeginAsync(server, server.EndPoint, NewSocket, usesTls, Encoding.ASCII.GetBytes(greeting));
    }

    /// <summary>The same for a server that has been started elsewhere.</summary>
    /// <param name="server">Disposed of at the end.</param>
    /// <param name="endpoint">The endpoint for good clients.</param>
    /// <param name="newSocket">Creates the socket of a good client.</param>
    public static Task<Siege> BeginAsync(ToolProcess server, IPEndPoint endpoint, Func<Socket> newSocket) =>
        BeginAsync(server, endpoint, newSocket, usesTls: false, greeting: []);

    /// <summary>Starts attackers, which connect from this address and then run this code.</summary>
    public async Task AttackAsync(int count, string from, Func<Socket, Task> attack)
    {
        for (var i = 0; i < count; i++)
        {
            var socket = NewSocket();
            socket.NoDelay = true;
            _attackers.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            try
            {
                await socket.ConnectAsync(EndPoint).WaitAsync(WaitLimit);
                await attack(socket).WaitAsync(WaitLimit);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                // The server has refused the connection early, as it should.
            }
        }
    }

    /// <summary>Continues the attack until this many more good clients have been served.</summary>
    public async Task HoldAsync(int goodClients)
    {
        var until = Served + goodClients;
        while (Served < until && !_goodClients.IsCompleted)
            await Task.Yield();
        if (_goodClients.IsCompleted)
            await _goodClients;
    }

    /// <summary>Waits until the server has ended all attackers, which read its data only now.</summary>
    public async Task AttackersAreGoneAsync()
    {
        foreach (var socket in _attackers)
        {
            using var attacker = new Peer(socket);
            await attacker.EndsWithResetAsync();
        }
    }

    /// <summary>No good client has failed, and the server's memory has grown by less than this many megabytes.</summary>
    public async Task AssertHeldAsync(int megabytes)
    {
        await _over.CancelAsync();
        await _goodClients;
        Assert.True(_served > 0, "No good client was served at all.");
        var grown = (Memory(_server) - _memoryBefore) / Megabyte;
        Assert.True(grown < megabytes, $"The server has grown by {grown} MB.");
        Assert.False(_server.HasExited);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _goodClients.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var attacker in _attackers)
            attacker.Dispose();
        _over.Dispose();
        await _server.DisposeAsync();
    }

    private static long Memory(ToolProcess server)
    {
        var line = File.ReadLines($"/proc/{server.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private async Task ServeAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            await EchoAsync(EndPoint, _newSocket, _usesTls, _greeting);
            Interlocked.Increment(ref _served);
        }
    }

    private static async Task<Siege> BeginAsync(
        ToolProcess server, IPEndPoint endpoint, Func<Socket> newSocket, bool usesTls, byte[] greeting)
    {
        for (var i = 0; i < 20; i++)
            await EchoAsync(endpoint, newSocket, usesTls, greeting);
        return new(server, endpoint, newSocket, usesTls, greeting);
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static async Task EchoAsync(IPEndPoint endpoint, Func<Socket> newSocket, bool usesTls, byte[] greeting)
    {
        var begin = TimeProvider.System.GetTimestamp();
        using var timeout = new CancellationTokenSource(WaitLimit, TimeProvider.System);
        using var socket = newSocket();
        await socket.ConnectAsync(endpoint, timeout.Token);
        if (greeting.Length > 0)
            await socket.SendAsync(greeting, timeout.Token);
        await using Stream plain = new NetworkStream(socket);
        await using var stream = usesTls ? await SecureAsync(plain, timeout.Token) : plain;
        await stream.WriteAsync("hello\n"u8.ToArray(), timeout.Token);
        var echo = new byte[6];
        var read = await stream.ReadAtLeastAsync(echo, echo.Length, throwOnEndOfStream: false, timeout.Token);
        Assert.True(
            "hello\n"u8.SequenceEqual(echo.AsSpan(0, read)),
            $"A good client was given {read} bytes of its echo, then FIN, in {TimeProvider.System.GetElapsedTime(begin)}.");
    }

    private static async Task<Stream> SecureAsync(Stream plain, CancellationToken cancellationToken)
    {
        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
#pragma warning disable CA5359 // Other tests check the certificate.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            },
            cancellationToken);
        return secure;
    }
}
