using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>The clients of <c>sockeye bench</c>: their transport, TLS, PROXY header and local addresses.</summary>
internal sealed class BenchClient : IAsyncDisposable
{
    // Large enough that the load does not wait for its own buffers.
    private const int BufferSize = 1024 * 1024;
    private const int MaxSources = 65_536;

    private static readonly ClientTls Tls = new("--");

    private static readonly Option<bool> NoResumption = OptionFactory.CreateSwitch(
        "--no-resumption", "Do not resume TLS sessions: each handshake is a full one.");

    private static readonly Option<TimeSpan?> HandshakeTimeout = ProtectionOptions.HandshakeTimeout;

    private readonly ParseResult _parsed;
    private readonly LinuxTransport _transport;
    private readonly ErrorLines _errors;

    public BenchClient(ParseResult parsed, ErrorLines errors)
    {
        (_parsed, _errors) = (parsed, errors);
        var sockets = new SocketTransportOptions
        {
            UnsafePreferInlineScheduling = true,
            MaxReadBufferSize = BufferSize,
            MaxWriteBufferSize = BufferSize,
            // Nothing that a server still sends is needed.
            LingerTimeout = TimeSpan.FromMilliseconds(200),
            CloseTimeout = TimeSpan.FromMilliseconds(500),
        };
        var threads = parsed.GetValue(BenchOptions.Threads) ?? Math.Max(1, Environment.ProcessorCount / 2);
        var engine = parsed.GetValue(BenchOptions.Engine) ?? LinuxEngine.Auto;
        try
        {
            _transport = new(new() { Engine = engine, Sockets = sockets, ThreadCount = threads });
        }
        catch (PlatformNotSupportedException e)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
    }

    public static IEnumerable<Option> All =>
    [
        .. FamilyOptions.All, .. Tls.All, TlsOptions.Alpn, HandshakeTimeout, NoResumption, ConnectProtection.SendProxy,
    ];

    public string Engine => EngineNames.GetName(_transport.Engine);

    public static void Validate(CommandResult result) =>
        Tls.Validate(result, isImplied: false, TlsOptions.Alpn, NoResumption, HandshakeTimeout);

    /// <summary>Returns one client for each local address.</summary>
    public IReadOnlyList<SockeyeClient> CreateClients()
    {
        var sources = (_parsed.GetValue(BenchOptions.Sources) ?? []).SelectMany(ParseSource).ToList();
        return sources.Count == 0 ? [Create(null)] : [.. sources.Select(source => Create(new(source, 0)))];
    }

    public EndPoint GetTarget(EndPointText target) => ConnectAddresses.GetTarget(target, FamilyOptions.Get(_parsed));

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    /// <summary>Returns the addresses of "127.0.0.2" or "127.0.0.0/28".</summary>
    internal static IReadOnlyList<IPAddress> ParseSource(string text)
    {
        if (IPAddress.TryParse(text, out var address))
            return [address];
        if (!IPNetwork.TryParse(text, out var network))
        {
            throw new CommandException(
                ExitCodes.WrongUse, $"--source: \"{text}\" is not an address, or a network as 127.0.0.0/28.");
        }


        var bytes = network.BaseAddress.GetAddressBytes();
        var count = Math.Min(MaxSources, 1L << Math.Min(30, (bytes.Length * 8) - network.PrefixLength));
        // The first and the last address of an IPv4 network are not those of a host.
        var isBroadcast = network.BaseAddress.AddressFamily is AddressFamily.InterNetwork && count > 2;
        List<IPAddress> addresses = [];
        for (var i = isBroadcast ? 1 : 0L; i < (isBroadcast ? count - 1 : count); i++)
            addresses.Add(AddTo(bytes, i));
        return addresses;
    }

    private static IPAddress AddTo(byte[] bytes, long number)
    {
        var sum = (byte[])bytes.Clone();
        for (var i = sum.Length - 1; i >= 0 && number > 0; i--, number >>= 8)
            sum[i] |= (byte)number;
        return new(sum);
    }

    private SockeyeClient Create(IPEndPoint? local) => new(client =>
    {
        client.Transport = _transport;
        client.LocalEndPoint = local;
        client.ConnectTimeout = _parsed.GetValue(ConnectCommand.Timeout) ?? client.ConnectTimeout;
        if (_parsed.GetValue(ConnectProtection.SendProxy) is { } version)
            client.UseProxyProtocol(version);
        if (!Tls.IsUsed(_parsed))
            return;
        client.UseTls(tls =>
        {
            Tls.Configure(_parsed, tls, _errors);
            if (_parsed.GetValue(TlsOptions.Alpn) is { Length: > 0 } protocols)
                tls.Authentication.ApplicationProtocols = [.. protocols];
            tls.Authentication.AllowTlsResume = !_parsed.GetValue(NoResumption);
        });
    });
}
