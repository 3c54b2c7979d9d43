using System.Text;

namespace Sockeye;

/// <summary>The files of a page, embedded in the assembly. Every page has the same icon, and the same elements in its
/// head.</summary>
internal static class HttpPage
{
    private const string Prefix = "Page.";
    private const string HeadFile = "head.html";
    private const string HeadMarker = "{{head}}\n";
    private const string TokenMarker = "{{token}}";

    /// <summary>Returns the response for each path.</summary>
    /// <param name="token">The token that the page sends with a change; empty if the page may not contain it.</param>
    public static Dictionary<string, HttpResponse> Load(string token)
    {
        var head = Read(HeadFile);
        return typeof(HttpPage).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..])
            .Where(file => file != HeadFile).ToDictionary(
                file => file == "index.html" ? "/" : $"/{file}",
                file => new HttpResponse(200, GetContentType(file), Encoding.UTF8.GetBytes(Read(file)
                    .Replace(HeadMarker, head, StringComparison.Ordinal).Replace(TokenMarker, token, StringComparison.Ordinal))),
                StringComparer.Ordinal);
    }

    private static string GetContentType(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"{file}: the type of {other} is not known."),
    };

    private static string Read(string file)
    {
        using var stream = typeof(HttpPage).Assembly.GetManifestResourceStream(Prefix + file)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
