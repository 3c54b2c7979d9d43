using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Asks a proxy to connect to a server.</summary>
/// <param name="proxy">The URL of the proxy.</param>
/// <param name="target">The server.</param>
/// <param name="credential">The user and the password; null for none.</param>
internal sealed class ProxyTunnel(Uri proxy, EndPointText target, NetworkCredential? credential)
{
    /// <summary>The host for the proxy: an address without brackets, or a name in ASCII.</summary>
    public string Host { get; } =
        target.EndPoint is IPEndPoint ip ? $"{ip.Address}" : HostText.ToAscii(target.Host);

    /// <summary>Opens the tunnel on a connection to the proxy.</summary>
    /// <exception cref="ProxyException">The proxy refused, or it does not speak the protocol.</exception>
    public async ValueTask<ConnectionContext> OpenAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        try
        {
            await (proxy.Scheme is "socks5"
                ? SocksHandshake.RunAsync(connection, Host, target.Port, credential, cancellationToken)
                : HttpConnectHandshake.RunAsync(connection, Host, target.Port, credential, cancellationToken));
            return connection;
        }
        catch (Exception e) when (e is ProxyException or ConnectionResetException or ConnectionAbortedException)
        {
            var reason = e is ProxyException ? e.Message : "it ended the connection";
            throw new ProxyException($"no connection to {target} through the proxy {proxy.Host}:{proxy.Port}: {reason}", e);
        }
    }
}

/// <summary>A proxy did not connect; the message is a sentence without a full stop.</summary>
internal sealed class ProxyException(string message, Exception? innerException = null) : IOException(message, innerException);
