using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sockeye.Clustering;
using Sockeye.Hosting;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>
/// A hosted server with an admin page, and a cluster of two nodes, whose members are the clients of the endpoint "chat".
/// </summary>
internal sealed class LoadedServer : IAsyncDisposable
{
    private const string Throw = "throw";

    // One address for each endpoint, so that it is found among the endpoints of the server.
    private static readonly Dictionary<string, string?> Settings = new(StringComparer.Ordinal)
    {
        ["Sockeye:EndPoints:chat:Listen"] = "127.0.0.1:0",
        ["Sockeye:EndPoints:chat:Handler"] = "chat",
        ["Sockeye:EndPoints:echo:Listen"] = "127.0.0.2:0",
        ["Sockeye:EndPoints:echo:Handler"] = "echo",
        ["Sockeye:EndPoints:full:Listen"] = "127.0.0.3:0",
        ["Sockeye:EndPoints:full:Handler"] = "echo",
        ["Sockeye:EndPoints:full:MaxConnections"] = "1",
        ["Sockeye:EndPoints:tls:Listen"] = "127.0.0.4:0",
        ["Sockeye:EndPoints:tls:Handler"] = "tls",
    };

    private readonly X509Certificate2 _certificate;
    private readonly ConfigurationManager _settings;
    private readonly IHost _host;
    private readonly Cluster[] _nodes;
    private readonly SockeyeAdmin _admin;

    private LoadedServer(
        X509Certificate2 certificate, ConfigurationManager settings, IHost host, Cluster[] nodes, SockeyeAdmin admin) =>
        (_certificate, _settings, _host, _nodes, _admin) = (certificate, settings, host, nodes, admin);

    public static Codec<string> Lines { get; } = Codec.Lines(maxLength: 100);

    public string Fingerprint => TlsCertificates.Fingerprint(_certificate);

    /// <summary>The address and the port of the admin page.</summary>
    public string Target => $"127.0.0.1:{((IPEndPoint)_admin.EndPoints[0]).Port}";

    public static async Task<LoadedServer> StartAsync()
    {
        var certificate = TlsCertificates.CreateSelfSigned("localhost");
        var bus = new InProcessBus();
        Cluster[] nodes = [await StartNodeAsync(bus), await StartNodeAsync(bus)];
        var group = new MessageGroup<string>();
        var settings = new ConfigurationManager();
        settings.AddInMemoryCollection(Settings);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddConfiguration(settings);
        builder.Services.AddSockeyeServer(server => server
            .AddHandler("chat", listen => listen.Run(Lines, peer => ChatAsync(peer, group, nodes)))
            .AddHandler("echo", listen => listen.Run(Lines, EchoAsync))
            .AddHandler("tls", listen => listen.UseTls(certificate).Run(Lines, EchoAsync)));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var admin = await SockeyeAdmin.StartAsync(
            host.Services.GetRequiredService<HostedServer>().Server, options => options.Port = 0,
            TestContext.Current.CancellationToken);
        return new(certificate, settings, host, nodes, admin);
    }

    /// <summary>The endpoint with this name in the configuration.</summary>
    public EndPoint EndPoint(string name)
    {
        var address = IPEndPoint.Parse(Settings[$"Sockeye:EndPoints:{name}:Listen"]!).Address;
        return _host.Services.GetRequiredService<HostedServer>().Server.EndPoints
            .Single(endPoint => endPoint is IPEndPoint ip && ip.Address.Equals(address));
    }

    public void ChangeSettings(int maxConnections)
    {
        _settings["Sockeye:MaxConnections"] = $"{maxConnections}";
        ((IConfigurationRoot)_settings).Reload();
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _settings.Dispose();
        _certificate.Dispose();
    }

    private static Task<Cluster> StartNodeAsync(InProcessBus bus) => Cluster.StartAsync(options =>
    {
        options.UseEngine(bus.CreateEngine);
        options.AddMessage(Lines);
    }, TestContext.Current.CancellationToken);

    /// <summary>A line goes to the members of the group, and from one node to the members of the other.</summary>
    private static async Task ChatAsync(MessageConnection<string> peer, MessageGroup<string> group, Cluster[] nodes)
    {
        group.Join(peer);
        nodes[1].Group<string>("chat").Join(peer);
        await foreach (var line in peer.ReadAllAsync())
        {
            if (line == Throw)
                throw new InvalidOperationException("The client asked for it.");
            group.Broadcast(line);
            nodes[0].Group<string>("chat").Broadcast(line);
        }
    }

    private static async Task EchoAsync(MessageConnection<string> peer)
    {
        await foreach (var line in peer.ReadAllAsync())
            await peer.WriteAsync(line);
    }
}
