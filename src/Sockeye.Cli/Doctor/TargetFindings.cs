using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>Findings about a server, seen from a client: addresses, the race between them, PROXY header, TLS, and who closes an
/// idle connection.</summary>
internal sealed class TargetFindings(EndPointText target, TargetClient client, TimeSpan idle, TimeProvider time)
{
    private readonly List<Finding> _findings = [];

    public async Task<IReadOnlyList<Finding>> CreateAsync()
    {
        var endpoints = await ResolveAsync();
        if (endpoints.Count == 0)
            return _findings;
        await client.WarmUpAsync();
        var probes = await Task.WhenAll(endpoints.Select(endpoint => AddressProbe.RunAsync(endpoint, client, time)));
        var best = probes.FirstOrDefault(probe => probe.Failure is null);
        _findings.AddRange(probes.Select(probe => probe.ToFinding(best is not null)));
        if (best is null)
            return _findings;
        if (probes.Length > 1)
            _findings.Add(await RaceAsync());
        if (best.ToSegmentFinding() is { } segment)
            _findings.Add(segment);
        var tls = new TlsFindings(client, best.EndPoint, _findings, time);
        if (best.Banner is null)
        {
            await tls.AddAsync();
        }
        else
        {
            _findings.Add(new(
                "speaks first", best.Banner, FindingSeverity.Ok, "TLS, if it has it, starts later in the conversation."));
        }

        _findings.Add(await IdleFinding.MeasureAsync(tls.ConnectAsync, idle, time));
        return _findings;
    }

    /// <summary>Returns the endpoints, in the order of the system.</summary>
    private async Task<IReadOnlyList<EndPoint>> ResolveAsync()
    {
        if (target.EndPoint is { } single)
            return [single];
        var start = time.GetTimestamp();
        try
        {
            using var timeout = new CancellationTokenSource(client.Timeout, time);
            var addresses = await Dns.GetHostAddressesAsync(target.Host, timeout.Token);
            if (addresses.Length == 0)
                return AddUnresolved("the name has no address");
            var value = $"{(addresses.Length == 1 ? "1 address" : $"{addresses.Length} addresses")}"
                + $" in {QuantityText.FormatTime(time.GetElapsedTime(start))}";
            var isOneFamily = addresses.DistinctBy(address => address.AddressFamily).Count() == 1;
            _findings.Add(new(
                "name", value, FindingSeverity.Ok,
                isOneFamily && target.Kind is EndPointKind.Name ? $"Only {FamilyOf(addresses[0])}." : null));
            return [.. addresses.Select(address => new IPEndPoint(address, target.Port))];
        }
        catch (SocketException e)
        {
            return AddUnresolved(e.Message.TrimEnd('.'));
        }
        catch (OperationCanceledException)
        {
            return AddUnresolved($"no answer within {QuantityText.FormatTime(client.Timeout)} (--timeout)");
        }
    }

    private IReadOnlyList<EndPoint> AddUnresolved(string reason)
    {
        _findings.Add(new(
            "name", "not resolved", FindingSeverity.Problem,
            $"{target.Host}: {reason}. Check the name, /etc/hosts and the name server (resolvectl query)."));
        return [];
    }

    private static string FamilyOf(IPAddress address) =>
        address.AddressFamily is AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";

    /// <summary>Connects as a client does that tries all addresses (Happy Eyeballs, RFC 8305).</summary>
    private async Task<Finding> RaceAsync()
    {
        var start = time.GetTimestamp();
        try
        {
            await using var connection = await client.ConnectAsync(new DnsEndPoint(target.Host, target.Port));
            return new(
                "race", $"{connection.RemoteEndPoint} in {QuantityText.FormatTime(time.GetElapsedTime(start))}",
                FindingSeverity.Ok,
                "Clients that try all addresses (Happy Eyeballs) get this one.");
        }
        catch (ConnectException e)
        {
            return new("race", "failed", FindingSeverity.Problem, $"{OptionNames.Describe(e)}.");
        }
    }
}
