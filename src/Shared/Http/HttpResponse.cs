using System.Globalization;
using System.Text;

namespace Sockeye;

/// <summary>A response.</summary>
internal sealed record HttpResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>The allowed methods, with 405 and for OPTIONS.</summary>
    public string? Allow { get; init; }

    /// <summary>The authentication challenge, with 401.</summary>
    public string? Challenge { get; init; }

    public static HttpResponse Text(int status, string text) =>
        new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    /// <summary>The response to OPTIONS: no content, and the allowed methods.</summary>
    public static HttpResponse Methods(string allow) => Text(200, "") with { Allow = allow };

    public static HttpResponse Json(byte[] body) => new(200, "application/json", body);

    public static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    };

    /// <summary>Returns the bytes up to the body. The same headers protect every response: no content from other hosts, no
    /// framing, no content sniffing, no caching.</summary>
    public byte[] Head(bool keepsAlive, DateTimeOffset now)
    {
        var head = new StringBuilder()
            .Append("HTTP/1.1 ").Append(Status).Append(' ').Append(Reason(Status)).Append("\r\n")
            .Append("Date: ").Append(now.ToString("R", CultureInfo.InvariantCulture)).Append("\r\n")
            .Append("Content-Type: ").Append(ContentType).Append("\r\n")
            .Append("Content-Length: ").Append(Body.Length).Append("\r\n")
            .Append("Cache-Control: no-store\r\n")
            .Append("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; ")
            .Append("connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ")
            .Append("require-trusted-types-for 'script'\r\n")
            .Append("Cross-Origin-Opener-Policy: same-origin\r\n")
            .Append("Cross-Origin-Resource-Policy: same-origin\r\n")
            .Append("Referrer-Policy: no-referrer\r\n")
            .Append("X-Content-Type-Options: nosniff\r\n")
            .Append("X-Frame-Options: DENY\r\n");
        if (Allow is not null)
            head.Append("Allow: ").Append(Allow).Append("\r\n");
        if (Challenge is not null)
            head.Append("WWW-Authenticate: ").Append(Challenge).Append("\r\n");
        head.Append(keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n").Append("\r\n");
        return Encoding.ASCII.GetBytes(head.ToString());
    }
}
