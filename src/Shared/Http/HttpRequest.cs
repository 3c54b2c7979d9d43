using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sockeye;

/// <summary>A valid request.</summary>
/// <param name="method">The method as received; the resource checks whether it supports it.</param>
/// <param name="path">The path, as <see cref="HttpTarget.Path"/>.</param>
/// <param name="query">The text after the question mark; empty if there is none.</param>
/// <param name="headers">The headers. Names are lower case; the values of a repeated name are one list, with commas.</param>
/// <param name="contentLength">The number of bytes in the body.</param>
internal sealed class HttpRequest(
    string method, string path, string query, IReadOnlyDictionary<string, string> headers, int contentLength)
{
    public string Method => method;

    public string Path => path;

    public string Query => query;

    public int ContentLength => contentLength;

    /// <summary>The local port of the connection; 0 if it has none.</summary>
    public int Port { get; set; }

    /// <summary>The body, after it has arrived.</summary>
    public byte[] Body { get; set; } = [];

    /// <summary>Whether the request is HTTP/1.0: it may lack a host, and by default closes its connection.</summary>
    public bool IsHttp10 { get; init; }

    /// <summary>The host of a target in absolute form, which replaces the header.</summary>
    public string? Authority { get; init; }

    /// <summary>Whether the client keeps the connection open for another request (RFC 9112, section 9.3).</summary>
    public bool KeepsAlive => !HasConnectionOption("close") && (!IsHttp10 || HasConnectionOption("keep-alive"));

    /// <summary>The requested host and port; null only with HTTP/1.0.</summary>
    public string? Host => Authority ?? (TryGet("host", out var host) ? host : null);

    public bool TryGet(string header, [NotNullWhen(true)] out string? value) => headers.TryGetValue(header, out value);

    /// <summary>The arguments of the query, each at most once.</summary>
    /// <exception cref="HttpRefusal">The query is not a list of name=value.</exception>
    public Dictionary<string, string> ReadQuery()
    {
        Dictionary<string, string> arguments = new(StringComparer.Ordinal);
        foreach (var part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !arguments.TryAdd(part[..equals], Unescape(part[(equals + 1)..])))
                throw HttpRefusal.Bad($"the query \"{part}\" is not name=value, or its name comes twice");
        }

        return arguments;
    }

    private bool HasConnectionOption(string wanted) => TryGet("connection", out var options)
        && options.Split(',').Any(option => option.Trim().Equals(wanted, StringComparison.OrdinalIgnoreCase));

    private static string Unescape(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text.Replace('+', ' '));
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '%')
            {
                bytes[length++] = bytes[i];
                continue;
            }

            if (i + 2 >= bytes.Length || Convert.FromHexString(bytes.AsSpan(i + 1, 2), bytes.AsSpan(length, 1), out _, out _)
                is not OperationStatus.Done)
            {
                throw HttpRefusal.Bad($"\"{text}\" in the query has a % without two hexadecimal digits");
            }

            (i, length) = (i + 2, length + 1);
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw HttpRefusal.Bad($"\"{text}\" in the query is not UTF-8");
        }
    }
}
