namespace Sockeye;

/// <summary>The target of a request line (RFC 9112, section 3.2).</summary>
/// <remarks>
/// <code>
/// /api/server                          origin form
/// http://localhost:7001/api/server     absolute form: its host replaces the header
/// *                                    asterisk form: the server as a whole, for OPTIONS
/// </code>
/// </remarks>
/// <param name="Authority">The host of an absolute form; null in the other forms.</param>
/// <param name="Path">The path, which starts with <c>/</c>, or <c>*</c>; without unnecessary escapes.</param>
/// <param name="Query">The text after the question mark; empty if there is none.</param>
internal readonly record struct HttpTarget(string? Authority, string Path, string Query)
{
    /// <exception cref="HttpRefusal">The target has none of these forms.</exception>
    public static HttpTarget Parse(string method, string text)
    {
        if (text == "*" && method == "OPTIONS")
            return new(null, text, "");
        if (method == "CONNECT")
            throw HttpRefusal.Broken(501, "CONNECT is for proxies, and the page is not a proxy");
        string? authority = null;
        if (text is not ['/', ..])
            (authority, text) = SplitAbsolute(text);
        var query = text.IndexOf('?', StringComparison.Ordinal);
        return query < 0
            ? new(authority, Unescape(text), "")
            : new(authority, Unescape(text[..query]), text[(query + 1)..]);
    }

    private static (string Authority, string Target) SplitAbsolute(string text)
    {
        const string Scheme = "http://", SchemeOfTls = "https://";
        if (text.StartsWith(SchemeOfTls, StringComparison.OrdinalIgnoreCase))
            throw HttpRefusal.Broken(421, "the page is served without TLS: ask for http://, not for https://");
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw HttpRefusal.Broken(400, "the target is neither a path that starts with / nor a URL that starts with http://");
        var begin = Scheme.Length;
        var end = text.IndexOfAny(['/', '?'], begin) is >= 0 and var found ? found : text.Length;
        var authority = text[begin..end];
        if (authority is "" or [':', ..] || !HttpHost.IsValid(authority))
            throw HttpRefusal.Broken(400, $"the target is a URL whose host \"{authority}\" is not a host with an optional port");
        return (authority, text[end..] is ['/', ..] rest ? rest : $"/{text[end..]}");
    }

    /// <summary>Letters, digits and <c>-._~</c> mean the same with and without an escape (RFC 3986, section 2.3).</summary>
    private static string Unescape(string path)
    {
        for (var i = path.IndexOf('%', StringComparison.Ordinal); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2])
                && (char)Convert.ToByte(path[(i + 1)..(i + 3)], 16) is var c
                && (char.IsAsciiLetterOrDigit(c) || "-._~".Contains(c, StringComparison.Ordinal)))
            {
                path = $"{path[..i]}{c}{path[(i + 3)..]}";
            }
        }

        return path;
    }
}
