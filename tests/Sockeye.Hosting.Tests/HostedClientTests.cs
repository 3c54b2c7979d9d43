using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>Clients whose endpoint and limits come from the configuration of the host.</summary>
public sealed class HostedClientTests
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Named_client_connects_to_the_endpoint_of_its_section()
    {
        await using var server = await StartEchoAsync();
        await using var host = await StartAsync($$"""
            "echo": { "EndPoint": "{{server.EndPoints[0]}}", "ConnectTimeout": "3s" }
            """);
        var client = host.Services.GetRequiredKeyedService<HostedClient>("echo");

        await using var one = await client.ConnectAsync(Lines, Cancelled);
        await using var other = await client.ConnectAsync(Lines, Lines, Cancelled);
        await one.WriteAsync("one", Cancelled);
        await other.WriteAsync("two", Cancelled);

        Assert.Equal("one", await one.ReadAllAsync(Cancelled).FirstAsync(Cancelled));
        Assert.Equal("two", await other.ReadAllAsync(Cancelled).FirstAsync(Cancelled));
        Assert.Equal("echo", client.Name);
        Assert.Equal(server.EndPoints[0], client.EndPoint);
        Assert.Same(client.Client, host.Services.GetRequiredKeyedService<SockeyeClient>("echo"));
    }

    [Fact]
    public async Task Requests_go_over_a_connection_that_is_kept_open_and_over_the_pool()
    {
        await using var server = await StartEchoAsync();
        await using var host = await StartAsync($$"""
            "echo": { "EndPoint": "{{server.EndPoints[0]}}" }
            """);
        var client = host.Services.GetRequiredKeyedService<HostedClient>("echo");
        await using var requests = client.KeepRequests(Lines, Lines);

        Assert.Equal("one", await requests.SendAsync("one", Cancelled));
        Assert.Equal("two", await client.Pool.AsRequests(Lines).SendAsync("two", Cancelled));
        Assert.Equal(1, client.Pool.IdleCount);
    }

    [Theory]
    [InlineData("[\"{0}\", \"{1}\"]")]
    [InlineData("\"{0}, {1}\"")] // as in an environment variable
    public async Task Client_of_several_endpoints_connects_to_the_first_that_accepts(string list)
    {
        await using var server = await StartEchoAsync();
        var stopped = await StartEchoAsync();
        var refusing = stopped.EndPoints[0];
        await stopped.DisposeAsync();
        await using var host = await StartAsync($$"""
            "echo": { "EndPoint": {{string.Format(null, list, refusing, server.EndPoints[0])}} }
            """);
        var client = host.Services.GetRequiredKeyedService<HostedClient>("echo");
        await using var requests = client.KeepRequests(Lines, Lines);

        Assert.Equal([refusing, server.EndPoints[0]], client.EndPoints);
        await using var connection = await client.ConnectAsync(Cancelled);
        Assert.Equal(server.EndPoints[0], connection.RemoteEndPoint);
        Assert.Equal("one", await requests.SendAsync("one", Cancelled));
        Assert.Equal("two", await client.Pool.AsRequests(Lines).SendAsync("two", Cancelled));
        await foreach (var messages in client.ReconnectAsync(Lines, Cancelled))
        {
            Assert.Equal(server.EndPoints[0], messages.RemoteEndPoint);
            break;
        }
    }

    [Fact]
    public async Task Pool_has_the_limits_of_the_configuration_and_ends_with_the_host()
    {
        await using var server = await StartEchoAsync();
        ConnectionPool pool;
        await using (var host = await StartAsync($$"""
            "echo": { "EndPoint": "{{server.EndPoints[0]}}", "Pool": { "MaxConnections": 1, "MaxWaiters": 0 } }
            """))
        {
            pool = host.Services.GetRequiredKeyedService<HostedClient>("echo").Pool;
            await using var rented = await pool.RentAsync(Cancelled);
            await Assert.ThrowsAsync<ConnectionPoolFullException>(() => pool.RentAsync(Cancelled).AsTask());
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RentAsync(Cancelled).AsTask());
    }

    [Fact]
    public async Task Client_reconnects_with_the_delays_of_the_configuration()
    {
        await using var server = await StartEchoAsync();
        await using var host = await StartAsync($$"""
            "echo": { "EndPoint": "{{server.EndPoints[0]}}", "Reconnect": { "MinDelay": "1ms", "MaxDelay": "1ms" } }
            """);
        var client = host.Services.GetRequiredKeyedService<HostedClient>("echo");

        var rounds = 0;
        await foreach (var connection in client.ReconnectAsync(Lines, Cancelled))
        {
            await connection.WriteAsync("x", Cancelled);
            Assert.Equal("x", await connection.ReadAllAsync(Cancelled).FirstAsync(Cancelled));
            if (++rounds == 3)
                break;
        }

        Assert.Equal(3, rounds);
    }

    [Fact]
    public async Task Several_clients_have_separate_sections_and_code_may_change_options()
    {
        await using var host = await StartAsync(
            """
            "one": { "EndPoint": "192.0.2.1:7000" }, "two": { "EndPoint": "two.example:7001" }
            """,
            services => services.AddSockeyeClient("one", options => options.ConnectTimeout = TimeSpan.FromSeconds(1))
                .AddSockeyeClient("two", (provider, options) => Assert.NotNull(provider.GetRequiredService<HostedServer>())));

        Assert.Equal(IPEndPoint.Parse("192.0.2.1:7000"), EndPointOf(host, "one"));
        Assert.Equal(new DnsEndPoint("two.example", 7001), EndPointOf(host, "two"));
    }

    [Theory]
    [InlineData("", "SockeyeClients:echo:EndPoint is missing")]
    [InlineData(""" "echo": { "EndPoint": "*:7000" } """, "a client connects to one host")]
    [InlineData(""" "echo": { "EndPoint": "localhost:0" } """, "a port to connect to is 1 to 65535")]
    [InlineData(""" "echo": { "EndPoint": "x:y" } """, "SockeyeClients:echo:EndPoint is \"x:y\"")]
    [InlineData(""" "echo": { "EndPoint": "x:1", "Pol": { } } """, "SockeyeClients:echo:Pol is not a setting. There are: Con")]
    [InlineData(""" "echo": { "EndPoint": "x:1", "ConnectTimeout": "30" } """, "write a time as")]
    [InlineData(""" "echo": { "EndPoint": "x:1", "Pool": { "MaxConnections": "0" } } """, "Pool:MaxConnections is \"0\"")]
    [InlineData(""" "echo": { "EndPoint": "x:1", "Reconnect": { "MaxDelay": "1ms" } } """, "MinDelay")]
    [InlineData(""" "echo": { "EndPoint": "x:1", "Tls": { "PinnedFingerprint": "ab" } } """, "32 bytes in hex")]
    [InlineData(""" "echo": { "EndPoint": "x:1", "Tls": { "Authorities": "none.pem" } } """, "Tls:Authorities is \"none.pem\"")]
    public async Task Wrong_section_fails_the_start_and_names_the_setting(string clients, string expected)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(clients));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_is_used_once() => Assert.Contains("\"X\" already", Assert.Throws<InvalidOperationException>(
        () => new ServiceCollection().AddSockeyeClient("x").AddSockeyeClient("X")).Message, StringComparison.Ordinal);

    private static EndPoint EndPointOf(TestHost host, string name) =>
        host.Services.GetRequiredKeyedService<HostedClient>(name).EndPoint;

    private static Task<TestHost> StartAsync(string clients, Action<IServiceCollection>? services = null) =>
        TestHost.StartAsync(
            $$"""
            { "Sockeye": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } },
              "SockeyeClients": { {{clients}} } }
            """,
            services: services ?? (all => all.AddSockeyeClient("echo")));

    private static Task<SockeyeServer> StartEchoAsync() => SockeyeServer.StartAsync(
        options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(ConnectionText.Echo), Cancelled);
}
