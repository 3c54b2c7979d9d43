using System.Text;
using System.Text.RegularExpressions;

namespace Sockeye.Admin.Tests;

/// <summary>The files of the page themselves.</summary>
public sealed partial class PageFilesTests
{
    private static readonly Dictionary<string, HttpResponse> Files =
        HttpPage.Load("a-token-of-the-tests");

    [Fact]
    public void No_script_of_the_page_makes_markup_or_code_of_text()
    {
        var scripts = Files.Where(file => file.Key.EndsWith(".js", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, scripts.Count);
        foreach (var (path, response) in scripts)
        {
            var found = Markup().Match(Encoding.UTF8.GetString(response.Body.Span));
            Assert.False(found.Success, $"{path} has {found.Value}");
        }
    }

    [Fact]
    public void Nothing_of_the_page_comes_from_elsewhere_and_no_script_stands_in_it()
    {
        var html = Encoding.UTF8.GetString(Files["/"].Body.Span);
        Assert.All(
            Reference().Matches(html), reference => Assert.Contains(
                reference.Groups[1].Value, (string[])
                [
                    .. Files.Keys, "/api/server", "/api/connections", "/api/closed", "/api/history", "/metrics", "/healthz",
                    "/livez",
                ]));
        Assert.DoesNotMatch("<script[^>]*>[^<]|\\son[a-z]+=|style=", html);
    }

    [GeneratedRegex(
        "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|DOMParser|createContextualFragment|eval\\(|Function\\(|setHTML")]
    private static partial Regex Markup();

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Reference();
}
