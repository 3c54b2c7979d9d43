using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// Which addresses may connect: <c>listen.UseAddressRules</c>. Rules are changed while the server runs, and the next client is
/// judged by the new ones.
/// </summary>
/// <remarks>
/// The most specific network that contains an address decides; where it is both allowed and denied, it is denied. An address that
/// no network contains is allowed, unless there is a rule that allows: then all others are denied. A network of IPv4 concerns
/// IPv4 clients only, and IPv6 likewise; IPv4-mapped addresses are IPv4. Safe from many threads; fast with 100,000 rules: one
/// look-up for each length of prefix that is in use.
/// </remarks>
public sealed class AddressRules
{
    private readonly Lock _lock = new();
    private volatile AddressRuleSet _rules = AddressRuleSet.Empty;

    // Open connections that later rules may end, each with its number: they are reached in the order they came.
    private readonly ConcurrentDictionary<ConnectionContext, long> _watched = [];
    private long _added;

    /// <summary>How many networks have a rule.</summary>
    public int Count => _rules.Count;

    /// <summary>Lets these addresses in, and from now on no other address that has no rule.</summary>
    public void Allow(IPNetwork network) => Change(rules => rules.With(network, AddressRule.Allow));

    /// <summary>Keeps these addresses out.</summary>
    public void Deny(IPNetwork network) => Change(rules => rules.With(network, AddressRule.Deny));

    /// <summary>Takes back what was said of exactly this network. Whether there was something.</summary>
    public bool Remove(IPNetwork network)
    {
        var before = Count;
        return Change(rules => rules.Without(network)).Count < before;
    }

    /// <summary>All rules anew, in one step: no client is judged by a part of them.</summary>
    public void Replace(IEnumerable<IPNetwork> allow, IEnumerable<IPNetwork> deny)
    {
        ArgumentNullException.ThrowIfNull(allow);
        ArgumentNullException.ThrowIfNull(deny);
        var rules = AddressRuleSet.Create(allow, deny);
        Change(_ => rules);
    }

    /// <summary>Whether a client from here would be let in now.</summary>
    public bool IsAllowed(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _rules.IsAllowed(address);
    }

    /// <summary>A client without an address is in no network.</summary>
    internal bool IsAllowed(EndPoint? endpoint) =>
        endpoint is IPEndPoint ip ? IsAllowed(ip.Address) : !_rules.HasAllow;

    /// <summary>
    /// From now on a change ends this connection if it denies its address. Its own judgement comes after this: a change that did
    /// not meet it here was made before.
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
                connection.Abort(CloseCause.Denied, "a new rule keeps its address out (UseAddressRules)");
        }

        return changed;
    }
}
