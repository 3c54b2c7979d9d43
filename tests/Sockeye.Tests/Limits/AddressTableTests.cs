using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Limits;

public sealed class AddressTableTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Million_addresses_that_come_and_go_leave_no_more_than_may_be_remembered()
    {
        var table = New(options => (options.AcceptRate, options.MaxAddresses) = (0.001, 10_000));
        for (var i = 0; i < 1_000_000; i++)
        {
            Assert.Equal(AddressDecision.Admitted, table.TryEnter((UInt128)i));
            table.Leave((UInt128)i);
        }

        Assert.Equal(10_000, table.Count);
    }

    [Fact]
    public void Address_with_open_connections_is_never_forgotten()
    {
        var table = New(options => (options.MaxConnections, options.MaxAddresses) = (1, 100));
        Assert.Equal(AddressDecision.Admitted, table.TryEnter(UInt128.MaxValue));
        for (var i = 0; i < 100_000; i++)
        {
            Assert.Equal(AddressDecision.Admitted, table.TryEnter((UInt128)i));
            table.Leave((UInt128)i);
        }

        Assert.Equal(AddressDecision.TooManyConnections, table.TryEnter(UInt128.MaxValue));
        table.Leave(UInt128.MaxValue);
        Assert.Equal(AddressDecision.Admitted, table.TryEnter(UInt128.MaxValue));
    }

    [Fact]
    public void While_all_remembered_addresses_have_open_connections_one_more_address_is_refused_and_they_are_not()
    {
        var table = New(options => (options.MaxConnections, options.MaxAddresses) = (2, 3));
        for (var i = 0; i < 3; i++)
            table.TryEnter((UInt128)i);

        Assert.Equal(AddressDecision.TableFull, table.TryEnter(3));
        Assert.Equal(AddressDecision.Admitted, table.TryEnter(2));
        table.Leave(1);
        Assert.Equal(AddressDecision.Admitted, table.TryEnter(3));
        Assert.Equal(3, table.Count);
    }

    [Fact]
    public void Address_that_was_away_longest_is_forgotten_first_and_a_refusal_counts_as_presence()
    {
        var table = New(options => (options.AcceptRate, options.MaxAddresses) = (0.001, 2));
        foreach (var address in (UInt128[])[1, 2])
        {
            table.TryEnter(address);
            table.Leave(address);
        }

        Assert.Equal(AddressDecision.TooFast, table.TryEnter(1));
        table.TryEnter(3); // forgets 2
        table.Leave(3);

        Assert.Equal(AddressDecision.TooFast, table.TryEnter(1));
        Assert.Equal(AddressDecision.Admitted, table.TryEnter(2));
    }

    [Fact]
    public void Address_that_has_all_its_tokens_again_needs_no_memory()
    {
        var table = New(options => options.AcceptRate = 1);
        table.TryEnter(1);
        Assert.Equal(AddressDecision.TooFast, table.TryEnter(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        table.Leave(1);

        Assert.Equal(0, table.Count);
        Assert.Equal(AddressDecision.Admitted, table.TryEnter(1));
    }

    [Fact]
    public void Many_threads_leave_the_count_true()
    {
        var table = New(options => (options.MaxConnections, options.MaxAddresses) = (1000, 8));
        Parallel.For(0, 100_000, new() { MaxDegreeOfParallelism = 4 }, i =>
        {
            var address = (UInt128)(i % 8);
            Assert.Equal(AddressDecision.Admitted, table.TryEnter(address));
            table.Leave(address);
        });

        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Options_that_limit_nothing_or_that_cannot_be_are_refused_with_what_to_do()
    {
        var listen = new SockeyeServerOptions().ListenLocalhost(0);

        Assert.Contains("MaxConnections or AcceptRate", Refused(_ => { }));
        Assert.Contains("needs AcceptRate", Refused(options => (options.MaxConnections, options.AcceptBurst) = (1, 5)));
        Assert.Contains("known only after accept", Refused(options => options.AtLimit = LimitAction.LeaveInBacklog));
        Assert.Contains("1 or more", Refused(options => options.MaxConnections = 0));
        Assert.Contains("above 0", Refused(options => options.AcceptRate = double.NaN));
        Assert.Contains("1 to 128", Refused(options => options.IPv6PrefixLength = 0));

        string Refused(Action<AddressLimitOptions> configure) =>
            Assert.ThrowsAny<ArgumentException>(() => listen.UseAddressLimit(configure)).Message;
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.2", false)]
    [InlineData("::1", "10.0.0.1", false)]
    public void IPv6_counts_by_64_bits_and_IPv4_as_a_whole(string one, string other, bool isSame) =>
        Assert.Equal(isSame, Key(one) == Key(other));

    private static UInt128 Key(string address)
    {
        var key = AddressKey.FromAddress(IPAddress.Parse(address), out var isIPv4);
        return isIPv4 ? key : AddressKey.Mask(key, 64);
    }

    private AddressTable New(Action<AddressLimitOptions> configure)
    {
        var options = new AddressLimitOptions();
        configure(options);
        return new(options, _time);
    }
}
