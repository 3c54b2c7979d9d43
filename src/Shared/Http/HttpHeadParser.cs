using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sockeye;

/// <summary>
/// Reads the head of a request (RFC 9112): accepts what a server has to accept, and refuses what two programs might interpret
/// differently (docs/decisions/0027).
/// </summary>
/// <remarks>
/// <code>
/// CR LF                                             empty lines before a request are ignored
/// GET /api/connections?sort=age HTTP/1.1 CR LF      method SP target SP version
/// Host: localhost:7001 CR LF                        name ":" value, one per line
/// CR LF
/// </code>
/// A bare CR or LF, a folded line, a space before a colon, a second Host or Content-Length, and Transfer-Encoding are refused.
/// </remarks>
internal static class HttpHeadParser
{
    public const int MaxHead = 8 * 1024;
    public const int MaxBody = 4 * 1024;
    private const int MaxHeaders = 64;

    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>The headers that matter here and are not lists. Other headers may come on several lines (RFC 9110, section
    /// 5.3).</summary>
    private static readonly HashSet<string> Single =
        ["host", "content-length", "content-type", "authorization", "origin", "sec-fetch-site"];

    /// <summary>Takes a head from the buffer. Returns false, and leaves the buffer unchanged, if the head is
    /// incomplete.</summary>
    /// <exception cref="HttpRefusal">The bytes are not a valid head, or request something that is not supported.</exception>
    public static bool TryParse(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out HttpRequest? request)
    {
        request = null;
        var rest = buffer;
        SkipEmptyLines(ref rest);
        Span<byte> bytes = stackalloc byte[MaxHead];
        bytes = bytes[..(int)Math.Min(rest.Length, MaxHead)];
        rest.Slice(0, bytes.Length).CopyTo(bytes);
        if (bytes is [] or [(byte)'\r'])
            return false;
        // The first byte identifies a TLS hello, and most other data that is not HTTP.
        if (!TokenBytes.Contains(bytes[0]))
            throw HttpRefusal.Broken(400, "this is not an HTTP/1.1 request (the page is served without TLS)");
        var end = bytes.IndexOf("\r\n\r\n"u8);
        ThrowIfBareLineFeed(end < 0 ? bytes : bytes[..end]);
        if (end < 0)
        {
            return bytes.Length < MaxHead ? false
                : bytes.Contains((byte)'\n')
                    ? throw HttpRefusal.Broken(431, $"request line and headers are longer than {MaxHead} bytes")
                    : throw HttpRefusal.Broken(414, $"the request line is longer than {MaxHead} bytes");
        }

        request = Parse(bytes[..(end + 2)]);
        buffer = rest.Slice(end + 4);
        return true;
    }

    /// <summary>Skips empty lines before a request (RFC 9112, section 2.2): some clients send an additional line after a
    /// body.</summary>
    public static void SkipEmptyLines(ref ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.IsNext("\r\n"u8, advancePast: true))
        {
        }

        buffer = reader.UnreadSequence;
    }

    private static HttpRequest Parse(ReadOnlySpan<byte> head)
    {
        var (method, text, isHttp10) = ParseRequestLine(TakeLine(ref head));
        var target = HttpTarget.Parse(method, text);
        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        for (var count = 1; !head.IsEmpty; count++)
        {
            if (count > MaxHeaders)
                throw HttpRefusal.Broken(431, $"there are more than {MaxHeaders} headers");
            var (name, value) = ParseHeader(TakeLine(ref head));
            if (headers.TryAdd(name, value))
                continue;
            headers[name] = Single.Contains(name)
                ? throw HttpRefusal.Broken(400, $"the header {name} comes twice")
                : $"{headers[name]}, {value}";
        }

        if (!headers.TryGetValue("host", out var host) && !isHttp10)
            throw HttpRefusal.Broken(400, "the header Host is missing");
        if (!HttpHost.IsValid(host))
            throw HttpRefusal.Broken(400, $"Host \"{host}\" is not a host with an optional port");
        return new(method, target.Path, target.Query, headers, HttpBodyLength.GetLength(method, headers, isHttp10))
        {
            Authority = target.Authority,
            IsHttp10 = isHttp10,
        };
    }

    /// <summary>Refuses invalid bytes at once, instead of waiting for the rest of the line.</summary>
    private static void ThrowIfBareLineFeed(ReadOnlySpan<byte> head)
    {
        for (var at = 0; head[at..].IndexOf((byte)'\n') is >= 0 and var found; at += found + 1)
        {
            if (head[at + found - 1] != '\r')
                throw HttpRefusal.Broken(400, "a line ends with LF alone: end it with CR LF");
        }
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = head[..end];
        head = head[(end + 2)..];
        foreach (var one in line)
        {
            if (one is < 0x20 and not (byte)'\t' or 0x7F)
                throw HttpRefusal.Broken(400, $"the byte 0x{one:X2} is not allowed in a head");
        }

        return line;
    }

    private static (string Method, string Target, bool IsHttp10) ParseRequestLine(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (space <= 0 || last == space || line[..space].ContainsAnyExcept(TokenBytes))
            throw HttpRefusal.Broken(400, "the first line is not \"METHOD /path HTTP/1.1\"");
        var version = line[(last + 1)..];
        if (version is not [(byte)'H', (byte)'T', (byte)'T', (byte)'P', (byte)'/', >= (byte)'0' and <= (byte)'9', (byte)'.',
            >= (byte)'0' and <= (byte)'9'])
        {
            throw HttpRefusal.Broken(400, "the first line does not end with HTTP/1.1 or HTTP/1.0");
        }

        if (version[5] != '1')
            throw HttpRefusal.Broken(505, "only HTTP/1.1 and HTTP/1.0 are supported here");
        var target = line[(space + 1)..last];
        if (target.IsEmpty || target.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E) || target.Contains((byte)'#'))
            throw HttpRefusal.Broken(400, "the target has a space, a # or a character that needs a percent escape");
        return (Encoding.ASCII.GetString(line[..space]), Encoding.ASCII.GetString(target), IsHttp10: version[7] == '0');
    }

    private static (string Name, string Value) ParseHeader(ReadOnlySpan<byte> line)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
            throw HttpRefusal.Broken(400, "a header is folded over two lines, which RFC 9112, section 5.2, forbids");
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes))
            throw HttpRefusal.Broken(400, "a header is not \"Name: value\"");
        return (
            Encoding.ASCII.GetString(line[..colon]).ToLowerInvariant(),
            Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8)));
    }
}
