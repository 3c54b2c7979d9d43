using System.Net;

namespace Sockeye.Comparison.Reporting;

/// <summary>Text in HTML and in SVG.</summary>
internal static class Html
{
    public static string Escape(string text) => WebUtility.HtmlEncode(text);
}
