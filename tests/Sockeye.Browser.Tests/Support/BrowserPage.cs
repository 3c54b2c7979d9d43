using Microsoft.Playwright;

namespace Sockeye.Browser.Tests.Support;

/// <summary>The sample's page in a browser. What goes wrong in it fails the test that disposes of it.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _errors = [];
    private readonly List<(string Path, int Status)> _responses = [];

    private BrowserPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => Note(error);
        page.Response += (_, response) => Note(response);
        page.RequestFailed += (_, request) => Note($"{request.Method} {request.Url}: {request.Failure}");
    }

    public IPage Page { get; }

    public IReadOnlyList<(string Path, int Status)> Responses
    {
        get
        {
            lock (_responses)
                return [.. _responses];
        }
    }

    public static async Task<BrowserPage> OpenAsync(IBrowserContext context, Uri address)
    {
        var page = new BrowserPage(context, await context.NewPageAsync());
        await page.Page.GotoAsync(address.ToString(), new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        await page.WaitForOwnAsync("events");
        await page.WaitForOwnAsync("websocket");
        return page;
    }

    /// <summary>The row of the page's own connection for this use: use, protocol, client, server, id.</summary>
    public async Task<string[]> GetOwnAsync(string use) =>
        [.. await Page.Locator($"#own [data-use={use}] td").AllInnerTextsAsync()];

    public void AssertNoErrors()
    {
        lock (_errors)
            Assert.Empty(_errors);
    }

    public async ValueTask DisposeAsync()
    {
        AssertNoErrors();
        await _context.DisposeAsync();
    }

    private Task WaitForOwnAsync(string use) => Page.Locator($"#own [data-use={use}] td", new() { HasText = "127.0.0.1" })
        .First.WaitForAsync();

    private void Note(IResponse response)
    {
        lock (_responses)
            _responses.Add((new Uri(response.Url).AbsolutePath, response.Status));
        if (response.Status >= 400)
            Note($"{response.Url}: {response.Status}");
    }

    private void Note(string error)
    {
        lock (_errors)
            _errors.Add(error);
    }
}
