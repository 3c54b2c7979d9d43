namespace Sockeye.Admin;

/// <summary>A request that gets an error for its answer.</summary>
/// <param name="status">As RFC 9110, section 15, numbers them.</param>
/// <param name="message">A sentence without a full stop: what is wrong, and the way out. What it quotes is escaped.</param>
internal sealed class HttpRefusal(int status, string message) : Exception(PrintableText.Escape(message))
{
    public int Status => status;

    /// <summary>What the client may do instead, for 405.</summary>
    public string? Allow { get; init; }

    /// <summary>Whether what follows on the connection cannot be trusted to be a request.</summary>
    public bool EndsConnection { get; init; }

    /// <summary>It is no request, or one of which it is unsure where it ends.</summary>
    public static HttpRefusal Broken(int status, string message) => new(status, message) { EndsConnection = true };

    /// <summary>A request with a wrong argument.</summary>
    public static HttpRefusal Bad(string message) => new(400, message);

    public HttpResponse ToResponse() => HttpResponse.Text(status, $"{status} {HttpResponse.Reason(status)}: {Message}.\n") with
    {
        Allow = Allow,
        Challenge = status == 401 ? "Bearer" : null,
    };
}
