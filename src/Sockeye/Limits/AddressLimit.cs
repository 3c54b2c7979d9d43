using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Refuses clients whose address has its share already.</summary>
internal sealed class AddressLimit(AddressLimitOptions options, TimeProvider time, LimitRefusal refusals)
    : IConnectionCounter
{
    private readonly AddressTable _table = new(options, time);

    public void Enter(EndPoint? address) => _table.EnterOpen(KeyOf(address));

    public void Leave(EndPoint? address) => _table.Leave(KeyOf(address));

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = KeyOf(connection.RemoteEndPoint);
        if (_table.TryEnter(address) is var verdict && verdict is not AddressTable.Verdict.Entered)
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

    /// <summary>Those without an address share one: unlimited they would be a way round the limit.</summary>
    private UInt128 KeyOf(EndPoint? endpoint)
    {
        if (endpoint is not IPEndPoint { Address: var address })
            return AddressKey.None;
        var key = AddressKey.Of(address, out var isIPv4);
        return isIPv4 ? key : AddressKey.Masked(key, options.IPv6PrefixLength);
    }

    private string Describe(AddressTable.Verdict verdict) => verdict switch
    {
        AddressTable.Verdict.TooMany => $"its address has its {options.MaxConnections} connections (UseAddressLimit)",
        AddressTable.Verdict.TooFast => string.Create(
            CultureInfo.InvariantCulture,
            $"its address connects more often than {options.AcceptRate:0.###} times a second (UseAddressLimit)"),
        _ => $"all {options.MaxAddresses} addresses that fit have open connections (UseAddressLimit, MaxAddresses)",
    };
}
