using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The attempts of one connect, and the exceptions that describe them.</summary>
internal sealed class ConnectReport(SockeyeClientOptions options, EndPoint target)
{
    public List<ConnectAttempt> Attempts { get; } = [];

    public List<Exception> LookupErrors { get; } = [];

    /// <summary>The error of the attempt that failed last.</summary>
    public Exception? LastError { get; set; }

    private string TargetName => DisplayText.Format(target);

    public ConnectException AllFailedError() => Attempts.Count == 0
        ? new(
            DescribeMissingAddress(),
            SocketError.HostNotFound,
            LookupErrors.FirstOrDefault())
        : new($"Could not connect to {TargetName}: {DescribeAttempts()}.", ToSocketError(LastError), LastError);

    public ConnectException TimedOutError() => new(
        new Explanation(
            $"Could not connect to {TargetName} within {DisplayText.Format(options.ConnectTimeout)}",
            nameof(options.ConnectTimeout), $": {DescribeProgress()}"),
        SocketError.TimedOut,
        LastError);

    public OperationCanceledException CancelledError(CancellationToken cancellationToken) => new(
        $"Connecting to {TargetName} was cancelled: {DescribeProgress()}.",
        LastError,
        cancellationToken);

    public ConnectException OtherFamilyError() => new(
        new Explanation(
            $"Could not connect to {TargetName} from {options.LocalEndPoint}", nameof(options.LocalEndPoint),
            ": their address families differ"),
        SocketError.AddressFamilyNotSupported);

    private static SocketError ToSocketError(Exception? error) => error switch
    {
        SocketException socket => socket.SocketErrorCode,
        ConnectException connect => connect.SocketError,
        { InnerException: { } inner } => ToSocketError(inner),
        OperationCanceledException => SocketError.OperationAborted,
        _ => SocketError.SocketError,
    };

    private Explanation DescribeMissingAddress()
    {
        var causes = LookupErrors.Select(error => SentenceText.TrimFullStop(error.Message)).Distinct().ToList();
        var why = causes.Count == 0 ? "" : $" ({string.Join("; ", causes)})";
        return options.LocalEndPoint is { } local
            ? new(
                $"Could not connect to {TargetName}: the name has no address of the family of {local}",
                nameof(options.LocalEndPoint), why)
            : new($"Could not connect to {TargetName}: the name has no address{why}");
    }

    private string DescribeProgress() =>
        Attempts.Count == 0 ? "the name was still being resolved" : DescribeAttempts();

    private string DescribeAttempts() => string.Join(", ", Attempts.Select(attempt =>
        // With one address, the target names it already.
        (Attempts.Count == 1 && target is not DnsEndPoint ? "" : $"{DisplayText.Format(attempt.EndPoint)} ")
            + DescribeOutcome(attempt)));

    private string DescribeOutcome(ConnectAttempt attempt) => attempt.Error is null or OperationCanceledException
        ? $"no answer in {DisplayText.Format(attempt.Elapsed)}"
        : (ToSocketError(attempt.Error), attempt.EndPoint) switch
        {
            (SocketError.TimedOut, _) => $"timed out after {DisplayText.Format(attempt.Elapsed)}",
            (SocketError.WouldBlock, UnixDomainSocketEndPoint) => "refused (the server's queue is full)",
            (SocketError.ProtocolType, UnixDomainSocketEndPoint) => "refused (the listening socket is not a stream socket)",
            (SocketError.AccessDenied, UnixDomainSocketEndPoint) => "this user may not use the socket (permissions of its file)",
            (SocketError.InvalidArgument, IPEndPoint { Address: { IsIPv6LinkLocal: true, ScopeId: 0 } address }) =>
                $"a link-local address needs a network interface (for example {address}%eth0)",
            (SocketError.AddressFamilyNotSupported, _) => "this system has the address family switched off",
            (SocketError.ConnectionRefused, _) => "refused (nothing listens there)",
            (SocketError.AddressNotAvailable, UnixDomainSocketEndPoint) => "no such socket file (has the server been started?)",
            (SocketError.AddressNotAvailable, _) when options.LocalEndPoint is { } local => DescribeNotAvailable(local),
            (SocketError.AddressAlreadyInUse, _) when options.LocalEndPoint is { } local =>
                $"the local endpoint {local} is in use (port 0 takes any free one)",
            (SocketError.AddressNotAvailable, _) => "this machine has no address, or no free port, to connect from",
            (SocketError.NetworkUnreachable, _) => "network unreachable (no route to it)",
            (SocketError.HostUnreachable, _) => "host unreachable (it is down, or a firewall says so)",
            _ => SentenceText.TrimFullStop(attempt.Error.Message),
        };

    /// <summary>
    /// Describes an unavailable address. The system has one error for two causes: a foreign address, and a pair of endpoints in
    /// use.
    /// </summary>
    private static string DescribeNotAvailable(IPEndPoint local)
    {
        var isOfThisMachine = IPAddress.IsLoopback(local.Address)
            || local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any);
        return (local.Port, isOfThisMachine) switch
        {
            (0, false) => $"the local address {local.Address} is not one of this machine",
            (0, true) => $"no local port of {local.Address} is free for it",
            (_, true) => $"the local port {local.Port} is in use by another connection to it, or was less than a minute ago "
                + "(port 0 takes any free one)",
            _ => $"the local endpoint {local} is not of this machine, or is in use by another connection to it, or was less "
                + "than a minute ago (port 0 takes any free one)",
        };
    }
}
