using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>Reads the header at the start of each connection, and refuses connections without one.</summary>
/// <param name="pipeline">The endpoint, and the objects of its server.</param>
/// <param name="trusted">The trusted networks; null on a Unix socket, where file permissions decide.</param>
/// <param name="timeout">The maximum time for the header.</param>
/// <param name="maxLength">The maximum length of the header.</param>
internal sealed class ProxyHeaderReader(PipelineContext pipeline, IPNetwork[]? trusted, TimeSpan timeout, int maxLength)
{
    private const string Limit = "UseProxyProtocol";

    // Two, so that a flood from untrusted addresses does not hide the line about a misconfigured proxy.
    private readonly LimitRefusal _untrusted = new(Limit, pipeline);
    private readonly LimitRefusal _invalid = new(Limit, pipeline);
    private readonly CoarseTimer _timer = pipeline.Server.Timer;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.IsContinued)
        {
            MovedProxyHeader.Restore(connection);
            await next(connection);
            return;
        }

        if (!IsTrusted(connection.RemoteEndPoint))
        {
            await _untrusted.RefuseAsync(connection, LimitAction.Reset, CloseCause.Denied,
                new("its address is not that of a trusted proxy: " + string.Join(", ", trusted ?? [])));
            return;
        }

        if (await ReadAsync(connection) is not { } header)
            return;
        Apply(header, connection);
        MovedProxyHeader.Keep(connection, header);
        await next(connection);
    }

    private static void Apply(ProxyHeader header, ConnectionContext connection)
    {
        (header.ProxyEndPoint, header.AcceptedEndPoint) = (connection.RemoteEndPoint, connection.LocalEndPoint);
        connection.Features.Set(header);
        connection.Features.Set<IProxiedConnectionFeature>(header);
        if (!header.HasAddresses)
            return;
        // nginx on a Unix socket names a client but no destination; the local address replaces it.
        var destination = header.Source is IPEndPoint ? header.Destination ?? connection.LocalEndPoint : header.Destination;
        (connection.RemoteEndPoint, connection.LocalEndPoint) = (header.Source, destination);
        // On Sockeye's own transports, this is the same object.
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

    /// <summary>Returns null if the connection has ended without a header.</summary>
    private async ValueTask<ProxyHeader?> ReadAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        ProxyHeaderWait? wait = null;
        try
        {
            while (true)
            {
                // A header that has already arrived needs no timer.
                if (!input.TryRead(out var read))
                {
                    wait ??= new(input, _timer, timeout, connection.StopRequested);
                    read = await input.ReadAsync(CancellationToken.None);
                }

                var parsed = ProxyHeaderParser.Parse(read.Buffer, maxLength);
                if (parsed.Header is not null && wait?.TryFinish() is not false)
                {
                    // The following bytes belong to the client; the next read returns them.
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
                        connection, CloseCause.Timeout,
                        $"{SentenceText.Count(arrived, "byte")} and no whole PROXY header came within "
                            + OptionChecks.Describe(timeout));
                }
                else if (isCompleted && arrived > 0)
                {
                    await RefuseAsync(
                        connection, CloseCause.ProtocolError,
                        $"it ended after {SentenceText.Count(arrived, "byte")} of a PROXY header");
                }
                else if (!isCompleted && wait?.IsStopped is not true)
                    continue;
                else if (!isCompleted)
                    await input.CompleteAsync(); // No handler runs before the header, so a stop can end the connection at once.
                return null;
            }
        }
        finally
        {
            wait?.Dispose();
        }
    }

    private Task RefuseAsync(ConnectionContext connection, CloseCause cause, string description) =>
        _invalid.RefuseAsync(connection, LimitAction.Reset, cause, new(description));
}
