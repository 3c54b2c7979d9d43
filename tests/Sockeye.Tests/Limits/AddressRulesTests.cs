using System.Net;
using CsCheck;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class AddressRulesTests
{
    [Fact]
    public void Without_rules_all_are_allowed_and_with_an_allow_rule_only_its_addresses()
    {
        var rules = new AddressRules();
        Assert.True(rules.IsAllowed(IPAddress.Loopback));

        rules.Deny(Net("10.0.0.0/8"));
        Assert.False(rules.IsAllowed(Ip("10.1.2.3")));
        Assert.True(rules.IsAllowed(Ip("11.1.2.3")));

        rules.Allow(Net("192.168.0.0/16"));
        Assert.False(rules.IsAllowed(Ip("11.1.2.3")));
        Assert.False(rules.IsAllowed(Ip("2001:db8::1")));
        Assert.True(rules.IsAllowed(Ip("192.168.7.7")));
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.1.2.4", false)]
    [InlineData("10.1.9.9", true)]
    [InlineData("10.9.9.9", false)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("::ffff:10.9.9.9", false)]
    public void Most_specific_network_wins(string address, bool isAllowed)
    {
        var rules = new AddressRules();
        rules.Deny(Net("10.0.0.0/8"));
        rules.Allow(Net("10.1.0.0/16"));
        rules.Deny(Net("10.1.2.0/24"));
        rules.Allow(Net("10.1.2.3/32"));

        Assert.Equal(isAllowed, rules.IsAllowed(Ip(address)));
    }

    [Fact]
    public void Deny_wins_where_both_are_said_of_one_network_in_either_order()
    {
        var rules = new AddressRules();
        rules.Deny(Net("10.0.0.0/8"));
        rules.Allow(Net("10.0.0.0/8"));
        rules.Allow(Net("11.0.0.0/8"));
        rules.Deny(Net("11.0.0.0/8"));

        Assert.False(rules.IsAllowed(Ip("10.0.0.1")));
        Assert.False(rules.IsAllowed(Ip("11.0.0.1")));
        Assert.Equal(2, rules.Count);
    }

    [Fact]
    public void Removed_rule_is_as_if_it_had_never_been()
    {
        var rules = new AddressRules();
        rules.Allow(Net("10.0.0.0/8"));

        Assert.False(rules.Remove(Net("10.0.0.0/9")));
        Assert.True(rules.Remove(Net("10.0.0.0/8")));
        Assert.False(rules.Remove(Net("10.0.0.0/8")));

        Assert.True(rules.IsAllowed(Ip("11.0.0.1")));
        Assert.Equal(0, rules.Count);
    }

    [Fact]
    public void Network_of_one_family_says_nothing_of_the_other_and_mapped_ones_are_IPv4()
    {
        var rules = new AddressRules();
        rules.Deny(Net("::/0"));
        Assert.True(rules.IsAllowed(Ip("10.0.0.1")));
        Assert.True(rules.IsAllowed(Ip("::ffff:10.0.0.1")));
        Assert.False(rules.IsAllowed(Ip("2001:db8::1")));

        rules.Replace([Net("::/0")], [Net("::ffff:10.0.0.0/104")]);
        Assert.False(rules.IsAllowed(Ip("10.0.0.1")));
        Assert.True(rules.IsAllowed(Ip("::1")));
    }

    [Fact]
    public void Rules_answer_as_a_naive_model_does_whatever_was_added_removed_and_replaced()
    {
        // Few bits and many networks, so that they contain each other.
        var v4 = Gen.Select(Gen.Int[0, 15], Gen.Int[0, 32], (bits, length) => Masked([10, 0, 0, (byte)bits], length));
        var v6 = Gen.Select(Gen.Int[0, 15], Gen.Int[0, 128], (bits, length) =>
            Masked([0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)bits], length));
        var network = Gen.OneOf(v4, v6);
        Gen.Select(Gen.Int[0, 3], network).Array[0, 40].Sample(steps =>
        {
            var rules = new AddressRules();
            var (allow, deny) = (new HashSet<IPNetwork>(), new HashSet<IPNetwork>());
            foreach (var (step, one) in steps)
            {
                Change(rules, allow, deny, step, one);
                Assert.Equal(allow.Union(deny).Count(), rules.Count);
            }

            foreach (var address in Addresses())
                Assert.Equal(Naive(allow, deny, address), rules.IsAllowed(address));
        });
    }

    [Fact]
    public void Hundred_thousand_rules_are_added_one_by_one_and_asked_fast()
    {
        var rules = new AddressRules();
        for (var i = 0; i < 100_000; i++)
            rules.Deny(new(new IPAddress([11, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 32));
        for (var length = 9; length < 32; length++)
            rules.Deny(Masked([12, 255, 255, 255], length));

        Assert.True(rules.IsAllowed(Quad));
        Assert.InRange(Allocations.Of(100_000, () => rules.IsAllowed(Quad)), 0, 1000);
        Assert.Equal(100_023, rules.Count);
    }

    [Fact]
    public async Task Rules_may_be_changed_and_asked_from_many_threads()
    {
        var rules = new AddressRules();
        var stable = Net("10.0.0.0/8");
        rules.Deny(stable);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                var own = new IPNetwork(new IPAddress([11, (byte)thread, (byte)i, 0]), 24);
                rules.Deny(own);
                Assert.False(rules.IsAllowed(own.BaseAddress));
                Assert.False(rules.IsAllowed(Ip("10.1.1.1")));
                rules.Remove(own);
                Assert.True(rules.IsAllowed(own.BaseAddress));
            }
        })));

        Assert.Equal(1, rules.Count);
    }

    private static readonly IPAddress Quad = IPAddress.Parse("8.8.8.8");

    private static IPAddress Ip(string text) => IPAddress.Parse(text);

    private static IPNetwork Net(string text) => IPNetwork.Parse(text);

    private static IPNetwork Masked(byte[] bytes, int length)
    {
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new(new IPAddress(bytes), length);
    }

    private static void Change(
        AddressRules rules, HashSet<IPNetwork> allow, HashSet<IPNetwork> deny, int step, IPNetwork network)
    {
        switch (step)
        {
            case 0:
                rules.Allow(network);
                allow.Add(network);
                break;
            case 1:
                rules.Deny(network);
                deny.Add(network);
                break;
            case 2:
                Assert.Equal(allow.Remove(network) | deny.Remove(network), rules.Remove(network));
                break;
            default:
                (allow, deny) = ([.. allow], [.. deny]);
                rules.Replace(allow, deny);
                break;
        }
    }

    private static IEnumerable<IPAddress> Addresses() => Enumerable.Range(0, 16).SelectMany(bits => new[]
    {
        new IPAddress([10, 0, 0, (byte)bits]),
        new IPAddress([10, 0, 0, (byte)bits]).MapToIPv6(),
        new IPAddress([0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)bits]),
        new IPAddress([(byte)bits, 3, 0, 0]),
        new IPAddress([(byte)bits, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]),
    });

    private static bool Naive(HashSet<IPNetwork> allow, HashSet<IPNetwork> deny, IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        bool Contains(IPNetwork network) =>
            network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address);
        var best = allow.Union(deny).Where(Contains).OrderByDescending(network => network.PrefixLength).Take(1).ToList();
        return best.Count == 0 ? allow.Count == 0 : !deny.Contains(best[0]);
    }
}
