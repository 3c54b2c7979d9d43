using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

/// <summary>Limits have their place: after a PROXY header where they go by the address, before TLS always.</summary>
public sealed class LimitOrderTests
{
    public static TheoryData<string> Limits => ["UseConnectionLimit", "UseAcceptRateLimit", "UseAddressLimit", "UseAddressRules"];

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limit_after_TLS_is_refused_at_start(string limit) => Assert.Equal(
        $"{limit} must come before UseTls on localhost:7000: a client that is refused must not cost a handshake first.",
        ErrorOf(listen => Use(listen.Use("UseTls()", (next, _) => next, MiddlewareStage.Tls), limit)));

    [Theory]
    [InlineData("UseAddressLimit")]
    [InlineData("UseAddressRules")]
    public void Limit_by_address_before_the_PROXY_header_is_refused_at_start(string limit) => Assert.Equal(
        $"UseProxyProtocol must come before {limit} on localhost:7000: until the PROXY header is read, every client has the "
            + "address of the proxy.",
        ErrorOf(listen => Use(listen, limit).Use("UseProxyProtocol()", (next, _) => next, MiddlewareStage.ProxyProtocol)));

    [Fact]
    public void Limits_in_any_order_among_themselves_and_on_either_side_of_the_PROXY_header_are_fine()
    {
        foreach (var isFirst in (bool[])[true, false])
        {
            var listen = New();
            if (isFirst)
                listen.UseConnectionLimit(1).UseAcceptRateLimit(1, atLimit: LimitAction.Reset);
            listen.Use("UseProxyProtocol()", (next, _) => next, MiddlewareStage.ProxyProtocol);
            foreach (var limit in Limits.Reverse())
                Use(listen, limit.Data);
            listen.Use("UseTls()", (next, _) => next, MiddlewareStage.Tls).UseBandwidthLimit(1, 1);

            MiddlewareOrder.ThrowIfInvalid(listen);
        }
    }

    [Fact]
    public void Start_logs_each_limit_with_what_it_allows() => Simulated.Run(35, async world =>
    {
        await using var server = await world.StartWith(listen => listen
            .UseConnectionLimit(100)
            .UseConnectionLimit(50, LimitAction.LeaveInBacklog)
            .UseAcceptRateLimit(2.5)
            .UseAddressLimit(options => (options.MaxConnections, options.AcceptRate) = (5, 0.5))
            .UseAddressRules(new())
            .UseBandwidthLimit(receive: null, send: 1000)
            .UseBandwidthLimit(new BandwidthLimit(2000), null)
            .Run(ConnectionText.Echo));

        Assert.Equal(
            "Listening on [::]:7000: UseConnectionLimit(100) -> UseConnectionLimit(50, LeaveInBacklog) -> "
                + "UseAcceptRateLimit(2.5/s, LeaveInBacklog) -> UseAddressLimit(5 connections, 0.5 a second) -> "
                + "UseAddressRules(0 rules) -> UseBandwidthLimit(any in, 1000 B/s out, each) -> "
                + "UseBandwidthLimit(2000 B/s in, any out, shared) -> handler.",
            world.Log.WithId(1000).Single().Message);
    });

    private static string ErrorOf(Action<ListenOptions> configure)
    {
        var listen = New();
        configure(listen);
        return Assert.Throws<InvalidOperationException>(() => MiddlewareOrder.ThrowIfInvalid(listen)).Message;
    }

    private static ListenOptions New() => new SockeyeServerOptions().ListenLocalhost(7000);

    private static ListenOptions Use(ListenOptions listen, string limit) => limit switch
    {
        "UseConnectionLimit" => listen.UseConnectionLimit(1),
        "UseAcceptRateLimit" => listen.UseAcceptRateLimit(1),
        "UseAddressLimit" => listen.UseAddressLimit(1),
        _ => listen.UseAddressRules(new()),
    };
}
