using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Connects to the target as programs do: with a PROXY header, with TLS of certain versions, or with neither.</summary>
/// <param name="Host">The name for SNI and the certificate.</param>
/// <param name="Timeout">The time for a connect, and for a handshake.</param>
/// <param name="Authorities">The authorities to trust; null for those of the system.</param>
internal sealed record TargetClient(string Host, TimeSpan Timeout, X509Certificate2Collection? Authorities)
{
    private static readonly List<SslApplicationProtocol> Offered =
        [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    /// <summary>Returns the sentence without a full stop, with the option of <c>sockeye doctor</c>.</summary>
    public static string Describe(Exception failure) => OptionNames.Describe(failure, FindOption);

    /// <inheritdoc cref="Describe(Exception)"/>
    public static string Describe(Explanation explanation) => explanation.ToString(FindOption);

    /// <summary>Connects within this process once, so that the first measured time does not include the start of the
    /// program.</summary>
    public async Task WarmUpAsync()
    {
        await using var listener = await new SocketTransport().BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var connecting = ConnectAsync(listener.EndPoint);
        await using var accepted = await listener.AcceptAsync();
        await using var connection = await connecting;
        connection.GetTcpInfo();
    }

    /// <summary>Connects without TLS.</summary>
    public async Task<ConnectionContext> ConnectAsync(EndPoint endpoint, ProxyProtocolVersion? header = null) =>
        await Create(header).ConnectAsync(endpoint);

    /// <summary>Connects with TLS, accepts any certificate, and returns the connection or the failure.</summary>
    /// <param name="endpoint">The address.</param>
    /// <param name="header">The PROXY header to send first; null for none.</param>
    /// <param name="versions">The versions of TLS to offer.</param>
    public Task<TlsAttempt> TryTlsAsync(
        EndPoint endpoint, ProxyProtocolVersion? header, SslProtocols versions = SslProtocols.None) =>
        TryAsync(endpoint, header, versions, new());

    /// <summary>Does the same, and checks the certificate.</summary>
    public Task<TlsAttempt> TryCheckedTlsAsync(EndPoint endpoint, ProxyProtocolVersion? header) =>
        TryAsync(endpoint, header, SslProtocols.None, shown: null);

    private static string? FindOption(string option) => option switch
    {
        "HandshakeTimeout" => "--timeout",
        "PinnedFingerprint" => "--pin of sockeye connect",
        "ClientCertificates" => "--cert of sockeye connect",
        _ => OptionNames.Find(option),
    };

    private async Task<TlsAttempt> TryAsync(
        EndPoint endpoint, ProxyProtocolVersion? header, SslProtocols versions, ShownCertificates? shown)
    {
        var client = Create(header, options => options.UseTls(tls =>
        {
            tls.HandshakeTimeout = Timeout;
            tls.TrustedAuthorities = Authorities;
            tls.Authentication.TargetHost = Host;
            tls.Authentication.EnabledSslProtocols = versions;
            tls.Authentication.ApplicationProtocols = Offered;
            if (shown is null)
                return;
            tls.Authentication.RemoteCertificateValidationCallback =
                (_, certificate, chain, _) => shown.Keep(certificate, chain);
        }));
        try
        {
            return new(await client.ConnectAsync(endpoint), Failure: null, shown?.All ?? []);
        }
        catch (Exception e) when (e is TlsException or ConnectException)
        {
            return new(Connection: null, e, []);
        }
    }

    private SockeyeClient Create(ProxyProtocolVersion? header, Action<SockeyeClientOptions>? configure = null) => new(client =>
    {
        client.Transport = new SocketTransport();
        client.ConnectTimeout = Timeout;
        if (header is { } version)
            client.UseProxyProtocol(version);
        configure?.Invoke(client);
    });
}

/// <summary>A connection with TLS, or the reason why there is none.</summary>
/// <param name="Connection">The connection; null after a failure.</param>
/// <param name="Failure">A <see cref="TlsException"/>, or a <see cref="ConnectException"/>; null with a connection.</param>
/// <param name="Certificates">The certificates of the server, its own first; empty if they were checked.</param>
internal sealed record TlsAttempt(
    ConnectionContext? Connection, Exception? Failure, IReadOnlyList<X509Certificate2> Certificates) : IAsyncDisposable
{
    /// <summary>Whether the server closed the connection in the handshake.</summary>
    public bool IsClosed => Failure is TlsException { Failure: TlsFailure.PeerClosed };

    public ValueTask DisposeAsync() => Connection?.DisposeAsync() ?? default;
}
