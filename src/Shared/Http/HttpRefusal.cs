namespace Sockeye;

/// <summary>The refusal of a request.</summary>
/// <param name="status">The status code of RFC 9110, section 15.</param>
/// <param name="message">A sentence without a full stop: the error and the remedy. Quoted text is escaped.</param>
internal sealed class HttpRefusal(int status, string message) : Exception(PrintableText.Escape(message))
{
    public int Status => status;

    /// <summary>The allowed methods, with 405.</summary>
    public string? Allow { get; init; }

    /// <summary>Whether the following bytes on the connection may not be a request.</summary>
    public bool EndsConnection { get; init; }

    /// <summary>A refusal of bytes that are not a request, or whose end is ambiguous.</summary>
    public static HttpRefusal Broken(int status, string message) => new(status, message) { EndsConnection = true };

    /// <summary>A request with a wrong argument.</summary>
    public static HttpRefusal Bad(string message) => new(400, message);

    public HttpResponse ToResponse() => HttpResponse.Text(status, $"{status} {HttpResponse.Reason(status)}: {Message}.\n") with
    {
        Allow = Allow,
        Challenge = status == 401 ? "Bearer" : null,
    };
}
