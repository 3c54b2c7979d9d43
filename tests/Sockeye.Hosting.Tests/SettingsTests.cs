using Microsoft.Extensions.Options;
using Sockeye.Hosting.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>How a configuration is read, and what is said of one that is wrong.</summary>
public sealed class SettingsTests
{
    private const string EndPointForms =
        "write an endpoint as 7000 (localhost), *:7000 (every address), 127.0.0.1:7000, [::1]:7000 or unix:/path: ";

    [Fact]
    public async Task All_settings_of_an_endpoint_become_middleware_in_the_order_that_protects_best()
    {
        await using var host = await TestHost.StartAsync(TestHost.OneEndPoint("echo", """
            , "MaxConnections": 5, "AtMaxConnections": "SendAndClose:421 full\r\n",
            "AcceptRate": "100/s", "AcceptBurst": 7, "AtAcceptRate": "Reset",
            "ProxyProtocol": { "From": [ "10.0.0.0/8" ], "HeaderTimeout": "2s", "MaxHeaderLength": 512 },
            "Allow": [ "10.0.0.0/8", "localhost" ], "Deny": "10.1.0.0/16, 10.2.0.0/16",
            "PerAddress": { "MaxConnections": 3, "AcceptRate": 2, "AcceptBurst": 4, "MaxAddresses": 10, "IPv6PrefixLength": 56,
                "AtLimit": "Reset" },
            "BandwidthPerConnection": { "Receive": "10M" }, "Bandwidth": { "Receive": "1Mi", "Send": 5000 },
            "Timeouts": { "Idle": "00:05:00", "FirstByte": "10s", "WriteStall": "1m", "Lifetime": "infinite",
                "LifetimeGracePeriod": "5s", "MinReceiveRate": { "BytesPerSecond": 100, "GracePeriod": "10s" } }
            """));

        Assert.Equal(
            ["UseConnectionLimit", "UseAcceptRateLimit", "UseProxyProtocol", "UseAddressRules", "UseAddressLimit",
                "UseBandwidthLimit", "UseBandwidthLimit", "UseTimeouts"],
            host.Server.GetListeners()[0].Middleware.Select(name => name.Split('(')[0]));
    }

    [Fact]
    public async Task All_settings_of_the_server_are_taken()
    {
        await using var host = await TestHost.StartAsync("""
            { "Sockeye": { "MaxConnections": 7, "AtMaxConnections": "LeaveInBacklog", "ShutdownTimeout": "00:00:10",
                "MaxClosedHistory": 0, "Timeouts": { "Idle": "1h" },
                "EndPoints": { "a": { "Listen": "localhost:0", "Handler": "hello" } } } }
            """);

        Assert.Equal("hello", await host.ReadAllAsync());
        Assert.Equal(7, host.Server.GetLoad().MaxConnections);
        Assert.Empty(host.Server.GetClosedConnections());
    }

    [Theory]
    [InlineData("", "Sockeye:EndPoints has no endpoint")]
    [InlineData("""  "EndPoints": "x" """, "Sockeye:EndPoints is \"x\": it has to be a section")]
    [InlineData("""  "EndPoints": { "a": { } } """, "Sockeye:EndPoints:a:Listen is missing")]
    [InlineData("""  "EndPoints": { "a": { "Listen": "127.0.0.1:0" } } """, "Sockeye:EndPoints:a:Handler is missing")]
    [InlineData(""" "MaxConnections": 0 """, "Sockeye:MaxConnections is \"0\": MaxConnections must be 1 or more.")]
    [InlineData(""" "MaxConnections": "many" """, "Sockeye:MaxConnections is \"many\": write a whole number")]
    [InlineData(""" "MaxConnections": [ 1 ] """, "Sockeye:MaxConnections is a section or a list")]
    [InlineData(""" "AtMaxConnections": "Ignore" """, "Sockeye:AtMaxConnections is \"Ignore\": write Reset, LeaveInBacklog")]
    [InlineData(""" "ShutdownTimeout": "5 minutes" """, "Sockeye:ShutdownTimeout is \"5 minutes\": write a time as 00:05:00")]
    [InlineData(""" "Timeouts": { "Idl": "5m" } """, "Sockeye:Timeouts:Idl is not a setting. There are: FirstByte, Idle")]
    [InlineData(""" "Timeouts": { "Idle": "-00:00:01" } """, "Sockeye:Timeouts:Idle is \"-00:00:01\": Idle must be 1 ms to")]
    [InlineData(
        """ "Timeouts": { "MinSendRate": { "BytesPerSecond": 1, "GracePeriod": "1ms" } } """,
        "Sockeye:Timeouts:MinSendRate is \"1 over 00:00:00.0010000\": MinSendRate must be")]
    [InlineData(""" "Timeouts": { "MinSendRate": { } } """, "Sockeye:Timeouts:MinSendRate:BytesPerSecond is missing")]
    public async Task Wrong_setting_of_the_server_is_named_with_its_value_and_the_way_out(string settings, string expected) =>
        await AssertRefusedAsync($$"""{ "Sockeye": { {{settings}} } }""", expected);

    [Theory]
    [InlineData(""" "Handlr": "x" """, ":Handlr is not a setting. There are: AcceptBurst, AcceptRate, Allow")]
    [InlineData(""" "MaxConnections": 0 """, ":MaxConnections is \"0\": ")]
    [InlineData(""" "AtMaxConnections": "Reset" """, ":AtMaxConnections is \"Reset\": it has no effect without MaxConnections")]
    [InlineData(""" "AcceptRate": "fast" """, ":AcceptRate is \"fast\": write connections per second, up to 1000000, as 100")]
    [InlineData(""" "Allow": [] """, ":Allow is empty")]
    [InlineData(""" "Allow": [ "10.0.0.1/8" ] """, ":Allow is \"10.0.0.1/8\": ")]
    [InlineData(""" "PerAddress": { } """, ":PerAddress")]
    [InlineData(""" "PerAddress": { "MaxConnections": 0 } """, ":PerAddress:MaxConnections is \"0\": ")]
    [InlineData(""" "Bandwidth": { } """, ":Bandwidth:Receive is missing")]
    [InlineData(""" "Bandwidth": { "Send": "0" } """, ":Bandwidth:Send is \"0\": write bytes per second as")]
    [InlineData(""" "ProxyProtocol": { } """, ":ProxyProtocol:From is missing")]
    [InlineData(
        """ "ProxyProtocol": { "From": "10.0.0.0/8", "HeaderTimeout": "2h", "MaxHeaderLength": 5 } """,
        ":ProxyProtocol:MaxHeaderLength is \"5\": MaxHeaderLength must be")]
    [InlineData(""" "Tls": { } """, ":Tls:Certificate is missing")]
    [InlineData(""" "Tls": { "Certificate": "no.pem", "Key": "no.key" } """, ":Tls:Certificate is \"no.pem\": ")]
    [InlineData(""" "Tls": { "Certificate": "no.pem", "HandshakeTimeout": "1ms" } """, ":Tls:HandshakeTimeout is \"1ms\": ")]
    public async Task Wrong_setting_of_an_endpoint_is_named_with_its_value_and_the_way_out(string setting, string expected) =>
        await AssertRefusedAsync(TestHost.OneEndPoint("echo", "," + setting), $"Sockeye:EndPoints:a{expected}");

    [Theory]
    [InlineData("example.com:7000", "a host name may have several addresses")]
    [InlineData("7000x", "write an endpoint as 7000 (localhost)")]
    [InlineData("127.1:7000", EndPointForms + "\"127.1\" is not an IPv4 address")]
    [InlineData("[fe80::1%nosuch]:7000", EndPointForms + "\"nosuch\" of \"fe80::1%nosuch\" is not a network interface")]
    [InlineData("a..b:7000", EndPointForms + "\"a..b\" has an empty part between its dots")]
    [InlineData("unix:/tmp/", EndPointForms + "the path ends in a slash")]
    public async Task Wrong_address_is_named(string listen, string expected) => await AssertRefusedAsync(
        $$"""{ "Sockeye": { "EndPoints": { "a": { "Listen": "{{listen}}", "Handler": "echo" } } } }""",
        $"Sockeye:EndPoints:a:Listen is \"{listen}\": {expected}");

    [Fact]
    public async Task Two_endpoints_on_one_port_are_named_both() => await AssertRefusedAsync(
        """
        { "Sockeye": { "EndPoints": {
            "a": { "Listen": "localhost:7000", "Handler": "echo" },
            "b": { "Listen": "*:7000", "Handler": "echo" } } } }
        """,
        "Sockeye:EndPoints:b:Listen is \"[::]:7000\": the same port as Sockeye:EndPoints:a:Listen, \"localhost:7000\"");

    [Fact]
    public async Task Handler_whose_code_does_not_run_anything_is_named()
    {
        await using var host = new TestHost(TestHost.OneEndPoint("empty"), server => server.AddHandler("empty", _ => { }));

        var error = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);

        Assert.Contains("Sockeye:EndPoints:a:Handler is \"empty\": its pipeline does not end with Run", error.Message);
    }

    private static async Task AssertRefusedAsync(string json, string expected)
    {
        await using var host = new TestHost(json);
        var error = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.All(error.Failures, failure => Assert.StartsWith("Sockeye:", failure, StringComparison.Ordinal));
    }
}
