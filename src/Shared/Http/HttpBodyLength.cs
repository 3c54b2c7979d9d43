using System.Globalization;

namespace Sockeye;

/// <summary>Determines where a request ends. Two interpretations would allow request smuggling.</summary>
internal static class HttpBodyLength
{
    /// <exception cref="HttpRefusal">The length is ambiguous, too large or missing.</exception>
    public static int GetLength(string method, IReadOnlyDictionary<string, string> headers, bool isHttp10)
    {
        if (headers.ContainsKey("transfer-encoding"))
        {
            if (isHttp10)
                throw HttpRefusal.Broken(400, "HTTP/1.0 has no Transfer-Encoding");
            throw headers.ContainsKey("content-length")
                ? HttpRefusal.Broken(400, "Transfer-Encoding and Content-Length exclude each other")
                : HttpRefusal.Broken(501, "Transfer-Encoding is not supported here: send Content-Length");
        }

        // With HTTP/1.0, Expect is ignored (RFC 9110, section 10.1.1).
        if (headers.ContainsKey("expect") && !isHttp10)
            throw HttpRefusal.Broken(417, "Expect is not supported here: send the body at once");
        var length = 0;
        if (headers.TryGetValue("content-length", out var text))
            length = Parse(text);
        else if (method == "POST")
            throw HttpRefusal.Broken(411, "a POST needs Content-Length");
        if (length > 0 && method != "POST")
            throw HttpRefusal.Broken(400, $"a {method} has no body here");
        return length;
    }

    private static int Parse(string text)
    {
        // NumberStyles.None accepts digits only, neither a sign nor spaces.
        if (text.Length == 0 || !text.All(char.IsAsciiDigit))
            throw HttpRefusal.Broken(400, $"Content-Length \"{text}\" is not a number");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= HttpHeadParser.MaxBody
            ? length
            : throw HttpRefusal.Broken(413, $"a body has at most {HttpHeadParser.MaxBody} bytes");
    }
}
