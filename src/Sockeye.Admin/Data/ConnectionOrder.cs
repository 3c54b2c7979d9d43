using System.Net;

namespace Sockeye.Admin;

/// <summary>Sorts connections. Numbers are compared as numbers, not as text.</summary>
internal static class ConnectionOrder
{
    /// <summary>Sorts indexes in the snapshot. Equal connections keep their order.</summary>
    public static void Sort(List<int> indexes, ConnectionSnapshot snapshot, ConnectionSort sort, bool descending)
    {
        // The snapshot is in the order of accepting, so sorting by age or by number needs no comparison.
        if (sort is ConnectionSort.Age or ConnectionSort.Id)
        {
            if (descending != sort is ConnectionSort.Age)
                indexes.Reverse();
            return;
        }

        var keys = new (UInt128 Key, int Minor, int Index)[indexes.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            var (key, minor) = KeyOf(snapshot, indexes[i], sort);
            // Inverted here, so that the index is still ascending.
            keys[i] = descending ? (~key, ~minor, indexes[i]) : (key, minor, indexes[i]);
        }

        Array.Sort(keys);
        for (var i = 0; i < keys.Length; i++)
            indexes[i] = keys[i].Index;
    }

    private static (UInt128 Key, int Minor) KeyOf(ConnectionSnapshot snapshot, int index, ConnectionSort sort)
    {
        var connection = snapshot.Connections[index];
        return sort switch
        {
            ConnectionSort.Remote => AddressKey(connection.RemoteEndPoint),
            ConnectionSort.Local => AddressKey(connection.LocalEndPoint),
            ConnectionSort.State => ((UInt128)(int)connection.State, 0),
            ConnectionSort.IdleTime => NumberKey(connection.IdleTime?.Ticks),
            ConnectionSort.Received => NumberKey(connection.BytesReceived),
            ConnectionSort.Sent => NumberKey(connection.BytesSent),
            ConnectionSort.ReceivedPerSecond => NumberKey((long?)(snapshot.Rates[index]?.Received * 1000)),
            _ => NumberKey((long?)(snapshot.Rates[index]?.Sent * 1000)),
        };
    }

    /// <summary>Orders unknown values before 0.</summary>
    private static (UInt128, int) NumberKey(long? number) => ((UInt128)(Math.Max(number ?? -1, -1) + 1), 0);

    private static (UInt128, int) AddressKey(EndPoint? endpoint)
    {
        if (endpoint is not IPEndPoint ip)
            return (0, 0);
        Span<byte> bytes = stackalloc byte[16];
        ip.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        return (System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes), ip.Port);
    }
}
