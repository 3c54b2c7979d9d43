namespace Sockeye.Cli;

/// <summary>The URL of the admin page of a Sockeye server.</summary>
/// <param name="Page">The page.</param>
/// <param name="Token">The token after "#token=", with which the server prints its URL; null without one.</param>
internal sealed record AdminUrl(Uri Page, string? Token)
{
    private const string TokenPrefix = "#token=";

    /// <summary>Returns the URL from what a user types: a URL, host:port, or a port. Null for other text.</summary>
    public static AdminUrl? Parse(string text)
    {
        var whole = text.Length > 0 && text.All(char.IsAsciiDigit) ? $"http://localhost:{text}"
            : text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        if (text.StartsWith('-') || !Uri.TryCreate(whole, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return null;
        var token = url.Fragment.StartsWith(TokenPrefix, StringComparison.Ordinal) ? url.Fragment[TokenPrefix.Length..] : null;
        return new(new(url.GetLeftPart(UriPartial.Authority) + "/"), token);
    }
}
