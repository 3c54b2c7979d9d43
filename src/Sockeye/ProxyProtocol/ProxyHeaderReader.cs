using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>Takes the header from the front of each connection, and refuses those that have none.</summary>
/// <param name="listen">The endpoint.</param>
/// <param name="trusted">Who may connect; null where the system decides that, on a Unix socket.</param>
/// <param name="timeout">How long the header may take.</param>
/// <param name="maxLength">How long it may be.</param>
internal sealed class ProxyHeaderReader(ListenOptions listen, IPNetwork[]? trusted, TimeSpan timeout, int maxLength)
{
    private const string Limit = "UseProxyProtocol";

    // Two, so that a flood from outside does not hide the line about a proxy that is set up wrongly.
    private readonly LimitRefusal _untrusted = new(Limit, listen);
    private readonly LimitRefusal _invalid = new(Limit, listen);
    private readonly CoarseTimer _timer = listen.Server.Timer;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!IsTrusted(connection.RemoteEndPoint))
        {
            await _untrusted.RefuseAsync(connection, LimitAction.Reset, CloseCause.Denied,
                "it is none of the trusted proxies: " + string.Join(", ", trusted ?? []));
            return;
        }

        if (await ReadAsync(connection) is not { } header)
            return;
        Apply(header, connection);
        await next(connection);
    }

    private static void Apply(ProxyHeader header, ConnectionContext connection)
    {
        (header.ProxyEndPoint, header.AcceptedEndPoint) = (connection.RemoteEndPoint, connection.LocalEndPoint);
        connection.Features.Set(header);
        connection.Features.Set<IProxiedConnectionFeature>(header);
        if (!header.HasAddresses)
            return;
        // nginx behind a Unix socket names a client and no destination: the address of this side stands for it.
        var destination = header.Source is IPEndPoint ? header.Destination ?? connection.LocalEndPoint : header.Destination;
        (connection.RemoteEndPoint, connection.LocalEndPoint) = (header.Source, destination);
        // The same object on Sockeye's own transports.
        if (connection.Features.Get<IConnectionEndPointFeature>() is { } endpoints)
            (endpoints.RemoteEndPoint, endpoints.LocalEndPoint) = (header.Source, destination);
    }

    private bool IsTrusted(EndPoint? proxy)
    {
        if (trusted is null)
            return true;
        if (proxy is not IPEndPoint { Address: var address })
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in trusted)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    /// <summary>Null where the connection has ended without a header.</summary>
    private async ValueTask<ProxyHeader?> ReadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        ProxyHeaderWait? wait = null;
        try
        {
            while (true)
            {
                // What came with the connection costs no timer.
                if (!input.TryRead(out var read))
                {
                    wait ??= new(input, _timer, timeout, connection.StopRequested);
                    read = await input.ReadAsync(CancellationToken.None);
                }

                var parsed = ProxyHeaderParser.Parse(read.Buffer, maxLength);
                if (parsed.Header is not null && wait?.TryFinish() is not false)
                {
                    // What follows is the client's, and is handed out by the next read.
                    input.AdvanceTo(read.Buffer.GetPosition(parsed.Length));
                    return parsed.Header;
                }

                var (arrived, isCompleted) = (read.Buffer.Length, read.IsCompleted);
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (parsed.Error is { } error)
                    await RefuseAsync(connection, CloseCause.ProtocolError, error);
                else if (wait?.IsTimedOut is true)
                {
                    await RefuseAsync(
                        connection, CloseCause.Timeout, $"{arrived} bytes and no whole PROXY header came within {timeout}");
                }
                else if (isCompleted && arrived > 0)
                    await RefuseAsync(connection, CloseCause.ProtocolError, $"it ended after {arrived} bytes of a PROXY header");
                else if (!isCompleted && wait?.IsStopped is not true)
                    continue;
                else if (!isCompleted)
                    await input.CompleteAsync(); // The stop cuts nothing short: no handler runs before the header.
                return null;
            }
        }
        finally
        {
            wait?.Dispose();
        }
    }

    private Task RefuseAsync(ConnectionContext connection, CloseCause cause, string description) =>
        _invalid.RefuseAsync(connection, LimitAction.Reset, cause, description);
}
