using System.Collections.Immutable;
using System.Net;

namespace Sockeye;

/// <summary>The rule for a network.</summary>
[Flags]
internal enum AddressRule
{
    None = 0,
    Allow = 1,
    Deny = 2,
}

/// <summary>An immutable set of rules. A change creates another set, which shares nearly all of its data with this one.</summary>
internal sealed class AddressRuleSet
{
    private readonly ImmutableDictionary<(UInt128 Bits, int Length), AddressRule> _rules;

    // The number of rules of each prefix length, 0 to 128; and the lengths in use, longest first.
    private readonly int[] _countByLength;
    private readonly int[] _lengths;
    private readonly int _allowCount;

    private AddressRuleSet(
        ImmutableDictionary<(UInt128 Bits, int Length), AddressRule> rules, int[] ofLength, int allows)
    {
        (_rules, _countByLength, _allowCount) = (rules, ofLength, allows);
        _lengths = [.. Enumerable.Range(0, ofLength.Length).Where(length => ofLength[length] > 0).Reverse()];
    }

    public static AddressRuleSet Empty { get; } =
        new(ImmutableDictionary<(UInt128 Bits, int Length), AddressRule>.Empty, new int[129], 0);

    public int Count => _rules.Count;

    public bool HasAllow => _allowCount > 0;

    public static AddressRuleSet Create(IEnumerable<IPNetwork> allow, IEnumerable<IPNetwork> deny)
    {
        var rules = Empty._rules.ToBuilder();
        foreach (var network in allow)
            rules[ToKey(network)] = AddressRule.Allow;
        foreach (var network in deny)
            rules[ToKey(network)] = rules.GetValueOrDefault(ToKey(network)) | AddressRule.Deny;

        var ofLength = new int[129];
        foreach (var (_, length) in rules.Keys)
            ofLength[length]++;
        return new(rules.ToImmutable(), ofLength, rules.Values.Count(rule => rule.HasFlag(AddressRule.Allow)));
    }

    public AddressRuleSet With(IPNetwork network, AddressRule rule)
    {
        var key = ToKey(network);
        var before = _rules.GetValueOrDefault(key);
        return before == (before | rule) ? this : Change(key, before, before | rule);
    }

    public AddressRuleSet Without(IPNetwork network)
    {
        var key = ToKey(network);
        return _rules.TryGetValue(key, out var before) ? Change(key, before, AddressRule.None) : this;
    }

    public bool IsAllowed(IPAddress address)
    {
        var key = AddressKey.FromAddress(address, out var isIPv4);
        foreach (var length in _lengths)
        {
            if (isIPv4 && length < AddressKey.IPv4Offset)
                break; // The rest concerns IPv6.
            if (_rules.TryGetValue((AddressKey.Mask(key, length), length), out var rule))
                return !rule.HasFlag(AddressRule.Deny);
        }

        return !HasAllow;
    }

    private static (UInt128 Bits, int Length) ToKey(IPNetwork network)
    {
        var bits = AddressKey.FromAddress(network.BaseAddress, out _);
        var isShort = network.BaseAddress.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork;
        var length = network.PrefixLength + (isShort ? AddressKey.IPv4Offset : 0);
        return (AddressKey.Mask(bits, length), length);
    }

    private AddressRuleSet Change((UInt128 Bits, int Length) key, AddressRule before, AddressRule after)
    {
        var ofLength = (int[])_countByLength.Clone();
        ofLength[key.Length] += (after is AddressRule.None ? 0 : 1) - (before is AddressRule.None ? 0 : 1);
        var allows = _allowCount + (int)(after & AddressRule.Allow) - (int)(before & AddressRule.Allow);
        return new(after is AddressRule.None ? _rules.Remove(key) : _rules.SetItem(key, after), ofLength, allows);
    }
}
