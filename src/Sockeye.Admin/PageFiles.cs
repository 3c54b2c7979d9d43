using System.Text;

namespace Sockeye.Admin;

/// <summary>The files of the page, embedded in the assembly.</summary>
internal static class PageFiles
{
    private const string Folder = "Sockeye.Admin.Page.";
    private const string TokenMarker = "{{token}}";

    private static readonly Dictionary<string, (string File, string Type)> Files = new()
    {
        ["/"] = ("index.html", "text/html; charset=utf-8"),
        ["/page.css"] = ("page.css", "text/css; charset=utf-8"),
        ["/page.js"] = ("page.js", "text/javascript; charset=utf-8"),
        ["/charts.js"] = ("charts.js", "text/javascript; charset=utf-8"),
        ["/connections.js"] = ("connections.js", "text/javascript; charset=utf-8"),
        ["/words.js"] = ("words.js", "text/javascript; charset=utf-8"),
        ["/icon.svg"] = ("icon.svg", "image/svg+xml"),
    };

    public static Dictionary<string, HttpResponse> Load(AdminGuard guard) => Files.ToDictionary(
        file => file.Key,
        file => new HttpResponse(200, file.Value.Type, Encoding.UTF8.GetBytes(
            Read(file.Value.File).Replace(TokenMarker, guard.PageCarriesToken ? guard.Token : "", StringComparison.Ordinal))));

    private static string Read(string file)
    {
        using var stream = typeof(PageFiles).Assembly.GetManifestResourceStream(Folder + file)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
