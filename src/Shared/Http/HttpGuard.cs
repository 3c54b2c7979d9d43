using System.Security.Cryptography;
using System.Text;

namespace Sockeye;

/// <summary>The rules for requests that change something, which keep other sites out of a browser that can reach the
/// page.</summary>
internal static class HttpGuard
{
    private const string Scheme = "Bearer ";

    /// <summary>Checks that the request comes from the page itself.</summary>
    /// <param name="request">The request.</param>
    /// <param name="rule">The start of the error, such as "a change comes from the page itself".</param>
    /// <exception cref="HttpRefusal">403.</exception>
    public static void CheckOrigin(HttpRequest request, string rule)
    {
        var isOwn = request.TryGet("origin", out var origin)
            ? origin.Equals($"http://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : request.TryGet("sec-fetch-site", out var site) && site == "same-origin";
        if (!isOwn)
            throw new HttpRefusal(403, $"{rule}: send Origin: http://{request.Host}, not \"{origin ?? "none"}\"");
    }

    /// <summary>Checks that the body is JSON, whose content type forms of other sites cannot send.</summary>
    /// <param name="request">The request.</param>
    /// <param name="rule">The start of the error, such as "a change is sent".</param>
    /// <exception cref="HttpRefusal">415.</exception>
    public static void CheckContentType(HttpRequest request, string rule)
    {
        if (!request.TryGet("content-type", out var type)
            || !type.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw new HttpRefusal(415, $"{rule} as Content-Type: application/json");
        }
    }

    /// <summary>Returns the token that the request has; null if it has none.</summary>
    public static string? FindToken(HttpRequest request) =>
        request.TryGet("authorization", out var given) && given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? given[Scheme.Length..] : null;

    /// <summary>Compares two tokens, in the same time for every token.</summary>
    public static bool AreEqual(string given, string token) => CryptographicOperations.FixedTimeEquals(
        Encoding.Latin1.GetBytes(given), Encoding.Latin1.GetBytes(token));
}
