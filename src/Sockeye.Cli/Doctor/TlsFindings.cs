using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Finds out whether the target waits for a PROXY header and whether it speaks TLS, and judges both.</summary>
/// <remarks>
/// A server that waits for a PROXY header closes a connection that starts with something else. So a target that closes without
/// an answer, and does not with a header before the same bytes, waits for one.
/// </remarks>
internal sealed class TlsFindings(TargetClient client, EndPoint endpoint, List<Finding> findings, TimeProvider time)
{
#pragma warning disable SYSLIB0039, CA5397 // Old versions are offered to find out whether the server still accepts them.
    private static readonly SslProtocols[] Versions =
        [SslProtocols.Tls13, SslProtocols.Tls12, SslProtocols.Tls11, SslProtocols.Tls];
#pragma warning restore SYSLIB0039, CA5397

    private ProxyProtocolVersion? _header;
    private bool _hasTls;

    /// <summary>Adds the findings.</summary>
    public async Task AddAsync()
    {
        var attempt = await FindHeaderAsync();
        var info = attempt.Connection?.Tls;
        await attempt.DisposeAsync(); // It does not occupy the server while others connect.
        if (info is null)
        {
            findings.Add(Judge(attempt.Failure!));
            return;
        }

        _hasTls = true;
        await AddVersionsAsync(info);
        findings.Add(new("ALPN", info.ApplicationProtocol ?? "none of h2, http/1.1", FindingSeverity.Ok));
        findings.AddRange(CertificateFindings.Describe(attempt.Certificates, time.GetUtcNow()));
        await AddCheckAsync();
    }

    /// <summary>Connects as a client of the target does: with the header and with TLS, as far as it wants them.</summary>
    /// <exception cref="ConnectException">The target accepts no further connection.</exception>
    /// <exception cref="TlsException">The handshake fails.</exception>
    public async Task<ConnectionContext> ConnectAsync()
    {
        if (!_hasTls)
            return await client.ConnectAsync(endpoint, _header);
        var attempt = await client.TryTlsAsync(endpoint, _header);
        return attempt.Connection ?? throw attempt.Failure!;
    }

    /// <summary>Returns the attempt with the header that the target wants.</summary>
    private async Task<TlsAttempt> FindHeaderAsync()
    {
        var plain = await client.TryTlsAsync(endpoint, header: null);
        if (plain.Failure is ConnectException)
            return plain;
        if (!plain.IsClosed)
        {
            findings.Add(new("PROXY header", "not needed", FindingSeverity.Ok));
            return plain;
        }

        TlsAttempt? first = null;
        List<string> accepted = [];
        foreach (var version in (ProxyProtocolVersion[])[ProxyProtocolVersion.V2, ProxyProtocolVersion.V1])
        {
            var attempt = await client.TryTlsAsync(endpoint, version);
            if (attempt.IsClosed || attempt.Failure is ConnectException)
                continue;
            accepted.Add(version.ToString().ToLowerInvariant());
            _header ??= version;
            if (first is null)
                first = attempt;
            else
                await attempt.DisposeAsync();
        }

        if (first is null)
        {
            findings.Add(new("PROXY header", "not known", FindingSeverity.Ok, "The server closes with and without one."));
            return plain;
        }

        findings.Add(new(
            "PROXY header", $"required ({string.Join(", ", accepted)})", FindingSeverity.Note,
            "It closes connections that do not start with a header: connect through the proxy, or send one (--send-proxy of "
                + "sockeye connect, send-proxy-v2 of HAProxy, UseProxyProtocol of a client)."));
        return first;
    }

    private static Finding Judge(Exception failure) => (failure as TlsException)?.Failure switch
    {
        TlsFailure.PlainText => new("TLS", "no", FindingSeverity.Ok, "The server speaks in clear text."),
        TlsFailure.PeerClosed => new("TLS", "no", FindingSeverity.Ok, "The server closes when TLS starts."),
        TlsFailure.Timeout => new("TLS", "no answer", FindingSeverity.Ok, "The server waits for something else."),
        TlsFailure.Other => new(
            "TLS", "no", FindingSeverity.Note,
            $"{TargetClient.Describe(failure)}. A server that answers in clear text, as an echo does, looks like this."),
        TlsFailure.ClientCertificateRequired or TlsFailure.OwnCertificateRefused => new(
            "TLS", "needs a client certificate", FindingSeverity.Note,
            $"{TargetClient.Describe(failure)}. 'sockeye connect --tls --cert FILE' connects with one."),
        null => new(
            "TLS", "not checked", FindingSeverity.Note,
            $"{TargetClient.Describe(failure)}. It accepted a connection before: it may limit those of one client."),
        _ => new("TLS", "failed", FindingSeverity.Problem, $"{TargetClient.Describe(failure)}."),
    };

    private async Task AddVersionsAsync(TlsInfo info)
    {
        List<string> accepted = [];
        foreach (var version in Versions)
        {
            if (version == info.Protocol || await IsAcceptedAsync(version))
                accepted.Add(TlsText.GetVersion(version));
        }

        var value = $"{string.Join(", ", accepted)} ({TlsText.DescribeProtocol(info)})";
        findings.Add(accepted.Contains("1.1") || accepted.Contains("1.0")
            ? new("TLS", value, FindingSeverity.Note, "Versions before 1.2 are obsolete (RFC 8996): turn them off.")
            : !accepted.Contains("1.3")
                ? new("TLS", value, FindingSeverity.Note, "Without 1.3, each connect takes one more round trip: turn it on.")
                : new("TLS", value, FindingSeverity.Ok));
    }

    private async Task<bool> IsAcceptedAsync(SslProtocols version)
    {
        try
        {
            await using var attempt = await client.TryTlsAsync(endpoint, _header, version);
            return attempt.Connection is not null;
        }
        catch (Exception e) when (e is PlatformNotSupportedException or ArgumentException or NotSupportedException)
        {
            return false; // The own TLS library does not have the version any longer.
        }
    }

    /// <summary>Connects once more, as a client that checks the chain, the name and the times.</summary>
    private async Task AddCheckAsync()
    {
        await using var attempt = await client.TryCheckedTlsAsync(endpoint, _header);
        findings.Add(attempt.Failure is not { } failure
            ? new("certificate check", "accepted", FindingSeverity.Ok)
            : new(
                "certificate check", "refused", FindingSeverity.Problem,
                $"{TargetClient.Describe(failure)}.{GetRemedy(failure)}"));
    }

    private static string GetRemedy(Exception failure) => (failure as TlsException)?.Failure switch
    {
        TlsFailure.UnknownAuthority =>
            " Name that authority with --ca FILE, or let the server send the certificates between it and its own.",
        TlsFailure.SelfSigned => " --ca FILE trusts it here.",
        TlsFailure.CertificateExpired => " Renew it.",
        _ => "",
    };
}
