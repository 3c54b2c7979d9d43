using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Refuses clients whose address has reached its limit.</summary>
internal sealed class AddressLimit(AddressLimitOptions options, TimeProvider time, LimitRefusal refusals)
    : IConnectionCounter
{
    private const string Method = "UseAddressLimit";

    private readonly AddressTable _table = new(options, time);

    public void Enter(EndPoint? address) => _table.AddExisting(GetKey(address));

    public void Leave(EndPoint? address) => _table.Leave(GetKey(address));

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = GetKey(connection.RemoteEndPoint);
        if (connection.IsContinued)
        {
            _table.AddExisting(address); // The other server has let it in.
        }
        else if (_table.TryEnter(address) is var verdict && verdict is not AddressDecision.Admitted)
        {
            await refusals.RefuseAsync(connection, options.AtLimit, CloseCause.Limit, Describe(verdict));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _table.Leave(address);
        }
    }

    /// <summary>Clients without an address share one key; otherwise, they would bypass the limit.</summary>
    private UInt128 GetKey(EndPoint? endpoint)
    {
        if (endpoint is not IPEndPoint { Address: var address })
            return AddressKey.None;
        var key = AddressKey.FromAddress(address, out var isIPv4);
        return isIPv4 ? key : AddressKey.Mask(key, options.IPv6PrefixLength);
    }

    private Explanation Describe(AddressDecision verdict) => verdict switch
    {
        AddressDecision.TooManyConnections =>
            new($"its address has reached its maximum number of connections, {options.MaxConnections}", Method),
        AddressDecision.TooFast => new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"its address connects more often than {options.AcceptRate:0.###} times a second"),
            Method),
        _ => new($"all {options.MaxAddresses} tracked addresses (MaxAddresses) have open connections", Method),
    };
}
