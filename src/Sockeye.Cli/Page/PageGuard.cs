using System.Net;

namespace Sockeye.Cli;

/// <summary>The access rules, which keep other sites out of a browser that can reach the page.</summary>
/// <param name="token">The token that the page contains and sends with each press.</param>
internal sealed class PageGuard(string token)
{
    public string Token => token;

    /// <summary>Checks the host. A site whose name is made to resolve to this machine sends its own name (DNS
    /// rebinding).</summary>
    /// <exception cref="HttpRefusal">421.</exception>
    public static void CheckHost(HttpRequest request)
    {
        var ending = $":{request.Port}";
        if (request.Host is { } host && host.EndsWith(ending, StringComparison.Ordinal)
            && HostText.Normalize(host[..^ending.Length]) is var name
            && (name == "localhost" || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address))))
        {
            return;
        }

        throw new HttpRefusal(
            421, $"the page answers to localhost:{request.Port}, 127.0.0.1:{request.Port} and [::1]:{request.Port}, not to Host "
                + $"\"{request.Host}\"");
    }

    /// <summary>Checks that a press comes from the page itself.</summary>
    /// <exception cref="HttpRefusal">401, 403 or 415.</exception>
    public void CheckPress(HttpRequest request)
    {
        HttpGuard.CheckOrigin(request, "a button is pressed on the page itself");
        if (HttpGuard.FindToken(request) is not { } given || !HttpGuard.AreEqual(given, token))
        {
            throw new HttpRefusal(
                401, "this needs the token of the page: send Authorization: Bearer TOKEN, or load the page again");
        }

        HttpGuard.CheckContentType(request, "a press is sent");
    }
}
