using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Sockeye.AdminPage;

/// <summary>A page that Chromium prints as vectors, with the layout of a screen.</summary>
internal sealed partial class PagePrint : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ColorScheme _scheme;
    private readonly int _width;

    private PagePrint(IBrowserContext context, IPage page, ColorScheme scheme, int width) =>
        (_context, Page, _scheme, _width) = (context, page, scheme, width);

    public IPage Page { get; }

    public static async Task<PagePrint> OpenAsync(IBrowser browser, Uri url, ColorScheme scheme, int width)
    {
        var context = await browser.NewContextAsync(new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = await context.NewPageAsync();
        await page.GotoAsync(url.ToString());
        return new(context, page, scheme, width);
    }

    /// <summary>Writes the page as it is now.</summary>
    /// <param name="svg">The file.</param>
    /// <param name="maxHeight">What is below this number of pixels is cut off.</param>
    public async Task SaveAsync(string svg, int maxHeight)
    {
        await Page.EmulateMediaAsync(new() { Media = Media.Screen, ColorScheme = _scheme });
        var height = await Page.EvaluateAsync<int>("document.documentElement.scrollHeight");
        var pdf = $"{svg}.pdf";
        await Page.PdfAsync(new()
        {
            Path = pdf, Width = $"{_width}px", Height = $"{Math.Min(height, maxHeight) + 2}px", PrintBackground = true,
            PageRanges = "1",
        });
        using (var convert = Process.Start("pdftocairo", ["-svg", pdf, svg]))
            await convert.WaitForExitAsync();
        File.Delete(pdf);
        // A hundredth of a point is less than a screen shows; a scale is left as it is.
        await File.WriteAllTextAsync(svg, Digits().Replace(await File.ReadAllTextAsync(svg), "$1$2"));
        Console.WriteLine($"{Path.GetFileName(svg)}: {new FileInfo(svg).Length / 1024} KiB");
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    [GeneratedRegex(@"(matrix\([^)]*\))|(\d\.\d\d)\d+")]
    private static partial Regex Digits();
}
