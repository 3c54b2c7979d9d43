using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Playwright;
using Sockeye.Browser.Tests.Support;

namespace Sockeye.Browser.Tests;

/// <summary>A real browser loads the page of samples/web.cs and uses it, on every engine.</summary>
public sealed class PageTests(TestPrograms programs) : IDisposable
{
    private BrowserPage? _page;

    public void Dispose() => _page?.AssertNoErrors();

    [Theory, ClassData<EachSite>]
    public async Task Page_comes_with_its_files_by_the_protocol_of_its_address(string engine, string scheme)
    {
        var open = await OpenAsync(engine, scheme);
        var page = open.Page;

        Assert.Equal("Kestrel on Sockeye", await page.TitleAsync());
        Assert.Contains(engine, await page.InnerTextAsync("header p"), StringComparison.Ordinal);
        foreach (var file in (string[])["/", "/site.css", "/site.js", "/salmon.svg"])
            Assert.Contains((file, 200), open.Responses);
        Assert.True(await page.EvaluateAsync<int>("document.querySelector('header img').naturalWidth") > 0);
        Assert.Equal("grid", await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('main')).display"));
        Assert.Equal(
            scheme == "https" ? "h2" : "http/1.1",
            await page.EvaluateAsync<string>("performance.getEntriesByType('navigation')[0].nextHopProtocol"));
    }

    [Theory, ClassData<EachSite>]
    public async Task Addresses_shown_are_those_that_the_server_and_the_kernel_report(string engine, string scheme)
    {
        var site = await programs.Sites.GetAsync(engine);
        var open = await OpenAsync(engine, scheme);

        var reported = await site.GetConnectionsAsync(scheme);
        var ofKernel = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections();
        foreach (var use in (string[])["websocket", "events"])
        {
            var (client, server, id) = await open.GetOwnAsync(use) is [_, _, var c, var s, var i] ? (c, s, i) : default;
            Assert.Equal($"127.0.0.1:{site.Of(scheme).Port}", server);
            Assert.Contains(reported, one => (one.Client, one.Server, one.Id) == (client, server, id));
            Assert.Contains(ofKernel, one => one.LocalEndPoint.Equals(IPEndPoint.Parse(client!))
                && one.RemoteEndPoint.Equals(IPEndPoint.Parse(server!)) && one.State is TcpState.Established);
        }

        // The page's own connection may have been closed since; over HTTP/2 it carries everything.
        var page = await open.GetOwnAsync("page");
        Assert.Equal(page[2], await open.Page.InnerTextAsync("#client"));
        Assert.Equal(page[3], await open.Page.InnerTextAsync("#server"));
        if (scheme == "https")
        {
            Assert.Equal(page[2..], (await open.GetOwnAsync("events"))[2..]);
            Assert.Equal(page[2..], (await open.GetOwnAsync("websocket"))[2..]);
        }
    }

    [Theory, ClassData<EachSite>]
    public async Task Forms_of_both_kinds_arrive_with_their_file(string engine, string scheme)
    {
        var open = await OpenAsync(engine, scheme);
        await open.Page.FillAsync("[name=name]", "Ünïcøde & <b>");
        await open.Page.SetInputFilesAsync(
            "#form [name=file]", new FilePayload { Name = "fish.txt", MimeType = "text/plain", Buffer = new byte[300_000] });

        await open.Page.ClickAsync("#urlencoded");
        await AnswerAsync(open, "application/x-www-form-urlencoded\nname = Ünïcøde & <b>\nwords = up the river & back = home");

        await open.Page.ClickAsync("#multipart");
        await AnswerAsync(
            open,
            "multipart/form-data\nname = Ünïcøde & <b>\nwords = up the river & back = home\nfile = fish.txt, 300000 bytes");
    }

    [Theory, ClassData<EachSite>]
    public async Task Upload_arrives_whole_and_download_comes_whole(string engine, string scheme)
    {
        const int Length = 1_000_000;
        var open = await OpenAsync(engine, scheme);
        var path = Path.GetTempFileName();
        try
        {
            var downloaded = await open.Page.RunAndWaitForDownloadAsync(() => open.Page.ClickAsync("#download"));
            await downloaded.SaveAsAsync(path);
            var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(Length, bytes.Length);
            Assert.Equal(Pattern.Sha256(Length), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));

            // Eight times as long.
            await using (var file = File.OpenWrite(path))
            {
                for (var i = 0; i < 8; i++)
                    await file.WriteAsync(bytes, TestContext.Current.CancellationToken);
            }

            var whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            await open.Page.SetInputFilesAsync("#upload-file", path);
            await open.Page.ClickAsync("#upload");
            var text = await open.Page.Locator("#uploaded", new() { HasText = "SHA-256" }).InnerTextAsync();
            Assert.StartsWith($"{8 * Length} bytes", text, StringComparison.Ordinal);
            Assert.EndsWith(
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(whole)), text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, ClassData<EachSite>]
    public async Task What_one_browser_says_in_the_chat_the_other_hears(string engine, string scheme)
    {
        var one = await OpenAsync(engine, scheme);
        await using var other = await programs.Chromium.OpenAsync((await programs.Sites.GetAsync(engine)).Of(scheme));
        foreach (var (from, to) in ((BrowserPage, BrowserPage)[])[(one, other), (other, one)])
        {
            var me = (await from.GetOwnAsync("websocket"))[2];
            await from.Page.FillAsync("#say [name=text]", $"I am {me}");
            await from.Page.PressAsync("#say [name=text]", "Enter");
            await to.Page.Locator("#chat p", new() { HasText = $"{me}I am {me}" }).WaitForAsync();
        }
    }

    [Theory, ClassData<EachSite>]
    public async Task Events_keep_coming_and_show_what_this_browser_does(string engine, string scheme)
    {
        var open = await OpenAsync(engine, scheme);
        var id = (await open.GetOwnAsync("events"))[4];

        // Two events at least: the second has a rate, and asked for the connections.
        await open.Page.Locator("#all td", new() { HasText = id }).First.WaitForAsync();
        await open.Page.Locator("#requests", new() { HasTextRegex = new("^[0-9]+$") }).WaitForAsync();
        await open.Page.Locator("#rate", new() { HasTextRegex = new("^[1-9].*B$") }).WaitForAsync();
    }

    private async Task<BrowserPage> OpenAsync(string engine, string scheme) =>
        _page = await programs.Chromium.GetAsync((await programs.Sites.GetAsync(engine)).Of(scheme));

    private static Task AnswerAsync(BrowserPage open, string text) => Assertions.Expect(open.Page.Locator("#answer"))
        .ToHaveTextAsync($"{text}\n", new() { Timeout = 20_000 });
}
