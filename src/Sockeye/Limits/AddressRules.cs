using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// Rules that decide which addresses may connect: <c>listen.UseAddressRules</c>. They may change while the server runs, and apply
/// to the next client.
/// </summary>
/// <remarks>
/// The most specific network that contains an address decides; deny wins a tie. An address in no network is allowed, unless an
/// allow rule exists: then it is denied. A network of one family does not affect clients of the other; IPv4-mapped addresses are
/// IPv4. The rules are safe for concurrent callers. A check costs one lookup for each prefix length in use, also with 100,000
/// rules.
/// </remarks>
public sealed class AddressRules
{
    private readonly Lock _lock = new();
    private volatile AddressRuleSet _rules = AddressRuleSet.Empty;

    // Open connections that later rules may close. Their numbers keep the order in which they were accepted.
    private readonly ConcurrentDictionary<ConnectionContext, long> _watched = [];
    private long _added;

    /// <summary>Gets the number of networks that have a rule.</summary>
    public int Count => _rules.Count;

    /// <summary>Allows a network. From now on, addresses without a rule are denied.</summary>
    public void Allow(IPNetwork network) => Change(rules => rules.With(network, AddressRule.Allow));

    /// <summary>Denies a network.</summary>
    public void Deny(IPNetwork network) => Change(rules => rules.With(network, AddressRule.Deny));

    /// <summary>Removes the rule for exactly this network. Returns whether there was one.</summary>
    public bool Remove(IPNetwork network)
    {
        var before = Count;
        return Change(rules => rules.Without(network)).Count < before;
    }

    /// <summary>Replaces all rules in one step, so that no client meets a part of them.</summary>
    public void Replace(IEnumerable<IPNetwork> allow, IEnumerable<IPNetwork> deny)
    {
        ArgumentNullException.ThrowIfNull(allow);
        ArgumentNullException.ThrowIfNull(deny);
        var rules = AddressRuleSet.Create(allow, deny);
        Change(_ => rules);
    }

    /// <summary>Returns whether a client with this address may connect now.</summary>
    public bool IsAllowed(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _rules.IsAllowed(address);
    }

    /// <summary>Returns whether a client may connect. A client without an address is in no network.</summary>
    internal bool IsAllowed(EndPoint? endpoint) =>
        endpoint is IPEndPoint ip ? IsAllowed(ip.Address) : !_rules.HasAllow;

    /// <summary>
    /// From now on, a change that denies the address of this connection closes it. The caller checks the rules after this call,
    /// so that a change is seen either here or there.
    /// </summary>
    internal void Watch(ConnectionContext connection) => _watched[connection] = Interlocked.Increment(ref _added);

    internal void Unwatch(ConnectionContext connection) => _watched.TryRemove(connection, out _);

    private AddressRuleSet Change(Func<AddressRuleSet, AddressRuleSet> change)
    {
        AddressRuleSet changed;
        lock (_lock)
            _rules = changed = change(_rules);
        foreach (var (connection, _) in _watched.ToArray().OrderBy(one => one.Value))
        {
            if (!IsAllowed(connection.RemoteEndPoint))
                connection.Abort(CloseReason.Local(
                    CloseCause.Denied, new Explanation("a new rule denies its address", "UseAddressRules")));
        }

        return changed;
    }
}
