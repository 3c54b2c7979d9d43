using System.Net;

namespace Sockeye.Admin;

/// <summary>The access rules, which keep other sites out of a browser that can reach the page.</summary>
internal sealed class AdminGuard(SockeyeAdminOptions options, string token)
{
    private const int DefaultPort = 80;

    private readonly string[] _allowed = [.. options.AllowedHosts.Select(Plain)];

    /// <summary>Whether the page may contain the token: only if no other machine can read the page.</summary>
    public bool PageCarriesToken => !options.IsBeyondLoopback;

    public string Token => token;

    /// <summary>Checks the host. A site whose name is made to resolve to this machine sends its own name (DNS rebinding).
    /// Browsers never send HTTP/1.0, so probes with HTTP/1.0 need no name.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isProbe">Whether the response shows only whether the server serves.</param>
    /// <exception cref="HttpRefusal">421, or 400.</exception>
    public void CheckHost(HttpRequest request, bool isProbe)
    {
        if (request.Host is not { } host)
        {
            if (isProbe)
                return;
            throw HttpRefusal.Bad(
                $"HTTP/1.0 without Host gets {AdminSite.HealthPath}, {AdminSite.LivePath} and OPTIONS, and nothing else: send "
                + $"Host: localhost:{request.Port}");
        }

        if (!IsAllowed(host, request.Port))
        {
            throw new HttpRefusal(
                421,
                $"the page answers to localhost:{request.Port}, 127.0.0.1:{request.Port}, [::1]:{request.Port} and AllowedHosts, "
                + $"not to Host \"{host}\"");
        }
    }

    /// <exception cref="HttpRefusal">401.</exception>
    public void CheckReading(HttpRequest request)
    {
        if (options.IsBeyondLoopback)
            CheckToken(request);
    }

    /// <summary>Checks that a change has the token and comes from the page itself.</summary>
    /// <exception cref="HttpRefusal">401, 403 or 415.</exception>
    public void CheckChange(HttpRequest request)
    {
        HttpGuard.CheckOrigin(request, "a change comes from the page itself");
        CheckToken(request);
        HttpGuard.CheckContentType(request, "a change is sent");
    }

    private void CheckToken(HttpRequest request)
    {
        if (HttpGuard.FindToken(request) is not { } given)
        {
            throw new HttpRefusal(
                401, "this needs the token: send Authorization: Bearer TOKEN, or open the address with #token=");
        }

        if (!HttpGuard.AreEqual(given, token))
            throw new HttpRefusal(401, "the token is not valid since the last start: take the new one from the server's output");
    }

    /// <summary>Returns a host in the form in which names are compared, with its port if it has one.</summary>
    private static string Plain(string host)
    {
        var colon = host.LastIndexOf(':');
        var port = colon > host.LastIndexOf(']') ? host[colon..] : "";
        return HostText.Normalize(host[..^port.Length]) + port;
    }

    private bool IsAllowed(string host, int port)
    {
        var requested = Plain(host);
        var ending = $":{port}";
        var name = requested.EndsWith(ending, StringComparison.Ordinal) ? requested[..^ending.Length]
            : port == DefaultPort ? requested
            : null;
        return _allowed.Contains(requested) || (name is not null && IsAllowedName(name));
    }

    private bool IsAllowedName(string name)
    {
        // An address, unlike a name, cannot be made to resolve elsewhere.
        if (IPAddress.TryParse(name, out var address))
            return IPAddress.IsLoopback(address) || options.IsBeyondLoopback || _allowed.Contains(name);
        return name == "localhost" || _allowed.Contains(name);
    }
}
