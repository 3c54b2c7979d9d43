using NATS.Client.Core;
using NATS.NKeys;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>TLS and credentials, against a real server.</summary>
public sealed class NatsSecurityTests : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _nodes = [];
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sockeye-creds-").FullName;

    [Theory, InlineData("nats"), InlineData("tls")]
    public async Task Nodes_reach_each_other_over_tls_with_a_password(string scheme)
    {
        await using var server = await NatsServer.StartAsync($$"""
            {{Tls(_authority)}}
            authorization { user: shop, password: secret }
            """);

        await ReachAsync($"{scheme}://shop:secret@127.0.0.1:{server.Port}", opts => opts with
        {
            TlsOpts = opts.TlsOpts with { CaFile = _authority.CaFile, Mode = TlsMode.Require },
        });
    }

    [Fact]
    public async Task Server_whose_certificate_is_of_another_authority_is_refused_with_the_reason()
    {
        using var other = new TestAuthority();
        await using var server = await NatsServer.StartAsync(Tls(other));

        var reason = await FailAsync(server, opts => opts with { TlsOpts = opts.TlsOpts with { CaFile = _authority.CaFile } });

        Assert.Contains("certificate", reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Server_without_tls_is_refused_if_the_options_require_it()
    {
        await using var server = await NatsServer.StartAsync();

        var reason = await FailAsync(server, opts => opts with { TlsOpts = opts.TlsOpts with { Mode = TlsMode.Require } });

        Assert.Contains("TLS", reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Nodes_show_their_certificate_to_a_server_that_asks_for_one()
    {
        await using var server = await NatsServer.StartAsync(Tls(_authority, verify: true));
        var (certFile, keyFile) = _authority.Issue("node");

        await ReachAsync(server.Url, opts => opts with
        {
            TlsOpts = opts.TlsOpts with { CaFile = _authority.CaFile, CertFile = certFile, KeyFile = keyFile },
        });
        // The server ends the handshake; what the client says of it depends on the moment.
        Assert.NotEmpty(
            await FailAsync(server, opts => opts with { TlsOpts = opts.TlsOpts with { CaFile = _authority.CaFile } }));
    }

    [Fact]
    public async Task Nodes_sign_with_an_nkey()
    {
        var key = KeyPair.CreatePair(PrefixByte.User);
        await using var server = await NatsServer.StartAsync(
            $$"""authorization { users: [{ nkey: {{key.GetPublicKey()}} }] }""");
        var other = KeyPair.CreatePair(PrefixByte.User);

        await ReachAsync(server.Url, opts => opts with { AuthOpts = new() { NKeyFile = WriteKey("node.nk", key) } });
        await ReachAsync(server.Url, opts => opts with { AuthOpts = new() { NKey = key.GetPublicKey(), Seed = key.GetSeed() } });
        Assert.Contains(
            "authorization violation",
            await FailAsync(server, opts => opts with { AuthOpts = new() { NKeyFile = WriteKey("other.nk", other) } }),
            StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Nodes_log_in_with_a_credentials_file_and_read_it_again_for_each_connection()
    {
        var trusted = new NatsOperator();
        await using var server = await NatsServer.StartAsync(trusted.Options);
        var file = Write("nats.creds", trusted.CreateCredentials());
        var (a, b) = await ReachAsync(server.Url, opts => opts with { AuthOpts = new() { CredsFile = file } });

        // Credentials are renewed while the nodes run: the server asks for them when it is back.
        Write("nats.creds", new NatsOperator().CreateCredentials());
        await server.RestartAsync();
        await a.Events.UntilAsync(
            events => events.Connections[^1] is { IsConnected: false, Detail: var detail }
                && detail.Contains("authorization violation", StringComparison.OrdinalIgnoreCase),
            "the wrong credentials are refused");
        Write("nats.creds", trusted.CreateCredentials());

        await a.Events.UntilConnectedAsync(times: 2);
        await b.Events.UntilConnectedAsync(times: 2);
        await a.RouteAsync("room", b);
    }

    [Fact]
    public async Task Credentials_that_have_expired_are_refused_with_the_reason()
    {
        var trusted = new NatsOperator();
        await using var server = await NatsServer.StartAsync(trusted.Options);
        var file = Write("nats.creds", trusted.CreateCredentials(lifetime: TimeSpan.FromMinutes(-1)));

        var reason = await FailAsync(server, opts => opts with { AuthOpts = new() { CredsFile = file } });

        Assert.Contains("the server said", reason, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Tls(TestAuthority authority, bool verify = false)
    {
        var (certFile, keyFile) = authority.Issue("server");
        return $$"""
            tls {
              cert_file: "{{certFile}}", key_file: "{{keyFile}}", ca_file: "{{authority.CaFile}}"
              verify: {{(verify ? "true" : "false")}}
            }
            """;
    }

    private static NatsClusterEngine Create(string url, Func<NatsOpts, NatsOpts> configure) =>
        new(new NatsClusterOptions { Url = url, ConfigureConnection = configure });

    /// <summary>Writes the file that the client reads: the seed, and the public key.</summary>
    private string WriteKey(string name, KeyPair key) => Write(name, $"{key.GetSeed()}\n{key.GetPublicKey()}\n");

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Starts two nodes, and waits until each reaches the other.</summary>
    private async Task<(TestNode, TestNode)> ReachAsync(string url, Func<NatsOpts, NatsOpts> configure)
    {
        var nodes = new TestNode[2];
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = await TestNode.StartAsync(Create(url, configure), $"c{_nodes.Count / 2}", $"n{i}");
            _nodes.Add(nodes[i]);
            await nodes[i].SubscribeAsync("room");
        }

        await nodes[0].RouteAsync("room", nodes[1]);
        await nodes[1].RouteAsync(nodes[0]);
        return (nodes[0], nodes[1]);
    }

    /// <summary>Starts a node that cannot connect, and returns the reason that it reports.</summary>
    private static async Task<string> FailAsync(NatsServer server, Func<NatsOpts, NatsOpts> configure)
    {
        using TestLog log = new();
        await using var node = await TestNode.StartDisconnectedAsync(Create(server.Url, configure), "c", "n", log: log);
        await node.Events.UntilAsync(events => events.Connections.Count > 0, "the failure is reported");
        var (isConnected, detail) = node.Events.Connections[0];
        Assert.False(isConnected, detail);
        Assert.NotEmpty(log.WithId(5002));
        return detail;
    }
}
