using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sockeye.Hosting;

/// <summary>
/// Reads the head of a request (RFC 9112), strictly: whatever two programs might read in two ways is refused.
/// </summary>
/// <remarks>
/// <code>
/// GET /api/connections?sort=age HTTP/1.1 CR LF      method SP target SP version
/// Host: localhost:7001 CR LF                        name ":" value, one a line, a name once
/// CR LF
/// </code>
/// So there is no bare CR or LF, no folded line, no space before a colon, no second Host or Content-Length, no
/// Transfer-Encoding, no absolute target.
/// </remarks>
internal static class HttpHeadParser
{
    public const int MaxHead = 8 * 1024;
    public const int MaxBody = 4 * 1024;
    private const int MaxHeaders = 64;

    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Takes a head from the buffer; false where more has to come.</summary>
    /// <exception cref="HttpRefusal">It is none, or asks for what is not served.</exception>
    public static bool TryParse(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out HttpRequest? request)
    {
        request = null;
        Span<byte> bytes = stackalloc byte[MaxHead];
        bytes = bytes[..(int)Math.Min(buffer.Length, MaxHead)];
        buffer.Slice(0, bytes.Length).CopyTo(bytes);
        // A TLS hello, and most else that is no HTTP, is known by its first byte.
        if (bytes.Length > 0 && !TokenBytes.Contains(bytes[0]))
            throw HttpRefusal.Broken(400, "this is no HTTP/1.1 request (the page is served without TLS)");
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < MaxHead ? false : throw HttpRefusal.Broken(
                431, $"request line and headers are longer than {MaxHead} bytes");
        }

        request = Parse(bytes[..(end + 2)]);
        buffer = buffer.Slice(end + 4);
        return true;
    }

    private static HttpRequest Parse(ReadOnlySpan<byte> head)
    {
        var (method, target) = ParseRequestLine(TakeLine(ref head));
        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        while (!head.IsEmpty)
        {
            if (headers.Count == MaxHeaders)
                throw HttpRefusal.Broken(431, $"there are more than {MaxHeaders} headers");
            var (name, value) = ParseHeader(TakeLine(ref head));
            if (!headers.TryAdd(name, value))
                throw HttpRefusal.Broken(400, $"the header {name} comes twice");
        }

        if (!headers.ContainsKey("host"))
            throw HttpRefusal.Broken(400, "the header Host is missing");
        var length = HttpBodyLength.Of(method, headers);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0
            ? new(method, target, "", headers, length)
            : new(method, target[..query], target[(query + 1)..], headers, length);
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

    private static (string Method, string Target) ParseRequestLine(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (space <= 0 || last == space || line[..space].ContainsAnyExcept(TokenBytes))
            throw HttpRefusal.Broken(400, "the first line is not \"METHOD /path HTTP/1.1\"");
        var target = line[(space + 1)..last];
        if (target.IsEmpty || target[0] != '/' || target.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
            throw HttpRefusal.Broken(400, "the target is not a path that begins with / and has no space");
        var version = line[(last + 1)..];
        if (!version.SequenceEqual("HTTP/1.1"u8))
            throw HttpRefusal.Broken(
                version.StartsWith("HTTP/"u8) ? 505 : 400, "only HTTP/1.1 is spoken here");
        return (Encoding.ASCII.GetString(line[..space]), Encoding.ASCII.GetString(target));
    }

    private static (string Name, string Value) ParseHeader(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes))
            throw HttpRefusal.Broken(400, "a header is not \"Name: value\"");
        return (
            Encoding.ASCII.GetString(line[..colon]).ToLowerInvariant(),
            Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8)));
    }
}
