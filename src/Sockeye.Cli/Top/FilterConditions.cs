using System.Globalization;
using System.Net;

namespace Sockeye.Cli;

/// <summary>The comparisons of a filter: a name, an operator, a value.</summary>
internal static class FilterConditions
{
    public const string Names = "port, lport, rport, addr, local, remote, state, process, pid, user, in, out, rtt, retrans, "
        + "recvq, sendq, received, sent, age, idle, cwnd, id, note";

    private static readonly (string Unit, double Seconds)[] Times =
        [("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1)];

    private static readonly (string Unit, double Size)[] Sizes =
    [
        ("ki", 1024), ("mi", 1024 * 1024), ("gi", 1024 * 1024 * 1024), ("k", 1e3), ("m", 1e6), ("g", 1e9), ("", 1),
    ];

    /// <summary>Whether the word is a name that may stand before its value without an operator, as "port 443".</summary>
    public static bool TakesValue(string word) => word.ToLowerInvariant()
        is "port" or "lport" or "rport" or "pid" or "user" or "state" or "process" or "proc";

    /// <exception cref="FormatException">The name or the value is not one. The message has no full stop.</exception>
    public static Func<TopRow, bool> Create(string name, string sign, string value) => name switch
    {
        "port" => Ports(sign, value, row => row.GetName(true).Port, row => row.GetName(false).Port),
        "lport" => Ports(sign, value, row => row.GetName(true).Port),
        "rport" => Ports(sign, value, row => row.GetName(false).Port),
        "addr" => Addresses(sign, value, row => row.GetName(true), row => row.GetName(false)),
        "local" => Addresses(sign, value, row => row.GetName(true)),
        "remote" => Addresses(sign, value, row => row.GetName(false)),
        "state" => Text(sign, value, row => row.State),
        "process" or "proc" => Text(sign, value, row => row.Owner?.Name ?? ""),
        "id" => Text(sign, value, row => row.Id ?? ""),
        "note" => Text(sign, value, row => row.Note ?? ""),
        "pid" => Numbers(sign, ParseSize(value), row => row.Owner?.ProcessId),
        "user" => Numbers(sign, ParseSize(value), row => row.UserId),
        "in" => Numbers(sign, ParseSize(value), row => row.ReceivedPerSecond),
        "out" => Numbers(sign, ParseSize(value), row => row.SentPerSecond),
        "retrans" => Numbers(sign, ParseSize(value), row => row.Retransmits),
        "recvq" => Numbers(sign, ParseSize(value), row => row.ReceiveQueue),
        "sendq" => Numbers(sign, ParseSize(value), row => row.SendQueue),
        "received" => Numbers(sign, ParseSize(value), row => row.Received),
        "sent" => Numbers(sign, ParseSize(value), row => row.Sent),
        "cwnd" => Numbers(sign, ParseSize(value), row => row.Measures.IsKnown ? row.Measures.CongestionWindow : null),
        "rtt" => Numbers(sign, ParseTime(value), row => row.RoundTrip?.TotalSeconds),
        "age" => Numbers(sign, ParseTime(value), row => row.Age?.TotalSeconds),
        "idle" => Numbers(sign, ParseTime(value), row => row.Idle?.TotalSeconds),
        _ => throw new FormatException($"\"{name}\" is not a name: write {Names}"),
    };

    /// <summary>A port is equal to one of the ends; no end has it with "!=".</summary>
    private static Func<TopRow, bool> Ports(string sign, string value, params Func<TopRow, double?>[] ends)
    {
        if (!ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new FormatException($"\"{value}\" is not a port from 0 to 65535");
        var conditions = ends.Select(end => Numbers(sign, port, end)).ToArray();
        return Either(sign, conditions);
    }

    private static Func<TopRow, bool> Addresses(string sign, string value, params Func<TopRow, SocketName>[] ends)
    {
        if (sign is not ("=" or "==" or "!="))
            throw new FormatException($"an address is compared by = or !=, not by {sign}");
        if (IPEndPoint.TryParse(value, out var endpoint) && endpoint.Port != 0)
        {
            var name = SocketName.From(endpoint);
            return Either(sign, [.. ends.Select<Func<TopRow, SocketName>, Func<TopRow, bool>>(end => row =>
                (end(row) with { Interface = 0 } == name) == sign is not "!=")]);
        }

        var networks = NetworkText.Parse(value, out var error)?.Select(ToRange).ToArray()
            ?? throw new FormatException(error!.TrimEnd('.'));
        return Either(sign, [.. ends.Select<Func<TopRow, SocketName>, Func<TopRow, bool>>(end => row =>
        {
            var address = end(row).Address;
            var isIn = false;
            foreach (var (network, mask) in networks)
                isIn |= (address & mask) == network;
            return isIn == sign is not "!=";
        })]);
    }

    private static (UInt128 Network, UInt128 Mask) ToRange(IPNetwork network)
    {
        var name = SocketName.From(new(network.BaseAddress, 0));
        var bits = network.PrefixLength + (name.IsIPv4 && network.BaseAddress.GetAddressBytes().Length == 4 ? 96 : 0);
        return (name.Address, bits == 0 ? 0 : UInt128.MaxValue << (128 - bits));
    }

    private static Func<TopRow, bool> Either(string sign, Func<TopRow, bool>[] conditions) => conditions switch
    {
        [var one] => one,
        [var first, var second] when sign is "!=" => row => first(row) && second(row),
        [var first, var second] => row => first(row) || second(row),
        _ => throw new FormatException("an end is missing"),
    };

    private static Func<TopRow, bool> Text(string sign, string value, Func<TopRow, string> text) => sign switch
    {
        "=" or "==" => row => text(row).StartsWith(value, StringComparison.OrdinalIgnoreCase),
        "!=" => row => !text(row).StartsWith(value, StringComparison.OrdinalIgnoreCase),
        "~" => row => text(row).Contains(value, StringComparison.OrdinalIgnoreCase),
        _ => throw new FormatException($"text is compared by =, != or ~, not by {sign}"),
    };

    private static Func<TopRow, bool> Numbers(string sign, double value, Func<TopRow, double?> number) => sign switch
    {
        "=" or "==" => row => number(row) == value,
        "!=" => row => number(row) is { } known && known != value,
        ">" => row => number(row) > value,
        "<" => row => number(row) < value,
        ">=" => row => number(row) >= value,
        "<=" => row => number(row) <= value,
        _ => throw new FormatException($"a number is compared by =, !=, <, <=, > or >=, not by {sign}"),
    };

    private static double ParseSize(string text) => Parse(text, Sizes)
        ?? throw new FormatException($"\"{text}\" is not a number: write it as 500, 10k or 1.5M");

    private static double ParseTime(string text) => Parse(text, Times)
        ?? throw new FormatException($"\"{text}\" is not a time: write it as 200us, 5ms, 30s, 5m or 2h");

    private static double? Parse(string text, (string Unit, double Size)[] units)
    {
        var (unit, size) = units.First(each => text.EndsWith(each.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(
            text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * size : null;
    }
}
