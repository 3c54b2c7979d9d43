using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Sockeye.Browser.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Sockeye.Browser.Tests;

/// <summary>A real browser uses the admin page of <c>sockeye listen --admin</c>.</summary>
public sealed class AdminPageTests(TestPrograms programs) : IAsyncDisposable
{
    private readonly List<string> _errors = [];
    private readonly List<Uri> _requests = [];
    private AdminTool _tool = null!;
    private IPage _page = null!;

    private ILocator Rows => _page.Locator("#rows tbody tr[data-id]");

    [Fact]
    public async Task Connections_are_seen_to_come_and_go_and_one_is_closed_with_its_reason()
    {
        await OpenAsync();
        await Expect(_page.Locator("#none")).ToContainTextAsync("There are no connections. Connect a client");
        await Expect(_page.Locator("#signs")).ToContainTextAsync("All is well.");

        using var one = await _tool.ConnectAsync();
        using var other = await _tool.ConnectAsync();
        await Expect(Rows).ToHaveCountAsync(2);
        other.Dispose();
        await Expect(Rows).ToHaveCountAsync(1);

        await Expect(Rows.First).ToContainTextAsync($"{one.LocalEndPoint}");
        await Rows.First.GetByText("Close…").ClickAsync();
        await Expect(_page.Locator("#closing")).ToContainTextAsync($"{one.LocalEndPoint}");
        await _page.FillAsync("#reason", "seen by a test");
        await _page.PressAsync("#reason", "Enter");

        await Expect(_page.Locator("#closing")).Not.ToBeVisibleAsync();
        await Expect(_page.Locator("#closed tbody")).ToContainTextAsync("closed on the admin page: seen by a test");
        await Expect(_page.Locator("#causes")).ToContainTextAsync("1 aborted by this server (RST)");
        var error = await Assert.ThrowsAsync<SocketException>(
            async () => await one.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Heads_sort_and_the_fields_find_and_the_focus_stays()
    {
        await OpenAsync();
        List<Socket> clients = [];
        for (var i = 1; i <= 3; i++)
        {
            clients.Add(await _tool.ConnectAsync());
            await clients[^1].SendAsync(new byte[i * 1000], TestContext.Current.CancellationToken);
        }

        var sort = _page.GetByRole(AriaRole.Button, new() { Name = "In", Exact = true });
        await sort.ClickAsync();
        await Expect(_page.Locator("#rows th[aria-sort]")).ToHaveTextAsync("In");
        await Expect(_page.Locator("#rows th[aria-sort=descending]")).ToHaveCountAsync(1);
        await Expect(Rows.First).ToContainTextAsync("3.0 kB");
        await sort.PressAsync("Enter");
        await Expect(Rows.First).ToContainTextAsync("1.0 kB");
        await Expect(sort).ToBeFocusedAsync();

        await _page.FillAsync("#find", $"{clients[1].LocalEndPoint}");
        await Expect(Rows).ToHaveCountAsync(1);
        await Expect(_page.Locator("#count")).ToHaveTextAsync("1 of 3 open");
        await _page.SelectOptionAsync("#state", "waiting");
        await Expect(_page.Locator("#none")).ToContainTextAsync("No connection matches");
        await Expect(_page.Locator("#state")).ToHaveValueAsync("waiting");
        await AssertCleanAsync();
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Rows_stay_where_they_are_while_the_pointer_is_over_them()
    {
        await OpenAsync();
        using var first = await _tool.ConnectAsync();
        await Expect(Rows).ToHaveCountAsync(1);
        await Rows.First.HoverAsync();
        var other = await _tool.ConnectAsync();
        await Expect(_page.Locator("#count")).ToContainTextAsync("the list is held while you point at it");
        await Expect(Rows).ToHaveCountAsync(1);
        await _page.Mouse.MoveAsync(5, 5);
        await Expect(Rows).ToHaveCountAsync(2);
        await AssertCleanAsync();
        other.Dispose();
    }

    [Fact]
    public async Task Opened_row_shows_more_and_a_paused_page_does_not_change()
    {
        await OpenAsync();
        using var client = await _tool.ConnectAsync();
        await Rows.First.Locator("button.link").ClickAsync();
        await Expect(_page.Locator("tr.more")).ToContainTextAsync($"Listener: {_tool.EndPoint}");
        await _page.ClickAsync("#pause");
        await Expect(_page.Locator("#status")).ToHaveTextAsync("Paused");
        var asked = _requests.Count;
        using var other = await _tool.ConnectAsync();
        await _page.ClickAsync("#pause");
        await Expect(Rows).ToHaveCountAsync(2);
        Assert.True(_requests.Count > asked);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Page_says_which_server_it_shows_and_what_it_uses()
    {
        await OpenAsync();
        await Expect(_page.Locator("h1")).ToHaveTextAsync("sockeye listen");
        await Expect(_page).ToHaveTitleAsync("0 connections · sockeye listen · Sockeye");
        await Expect(_page.Locator("#where")).ToHaveTextAsync($"{Environment.MachineName} · process {_tool.ProcessId}");
        var facts = _page.Locator("#facts");
        string[] names = ["Host", "Program", "Engine", "Server up", "CPU", "Memory", "GC heap", ".NET 10.", "Sockeye 0."];
        foreach (var fact in names)
            await Expect(facts).ToContainTextAsync(fact);
        await Expect(facts).ToContainTextAsync(new Regex("\\d %of one processor"));
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Peer_that_reads_nothing_is_seen_in_the_signs_the_figures_and_its_row()
    {
        await OpenAsync();
        using var client = await _tool.ConnectAsync();
        using var other = await _tool.ConnectAsync();
        // More than all buffers on the way hold, there and back.
        var sending = client.SendAsync(new byte[64_000_000], TestContext.Current.CancellationToken).AsTask();
        await Expect(_page.Locator("#signs")).ToContainTextAsync("Needs attention. Clients are still being served.");
        await Expect(_page.Locator("#signs")).ToContainTextAsync("has read nothing for");
        await Expect(_page.Locator("#figures .near")).ToHaveCountAsync(1);
        await Expect(_page.Locator("#figures .near")).ToContainTextAsync("1 stalled");
        await _page.SelectOptionAsync("#state", "sendBlocked");
        await Expect(Rows).ToHaveCountAsync(1);
        await Expect(Rows.First).ToContainTextAsync($"{client.LocalEndPoint}");
        await Expect(Rows.First.Locator(".mark").Last).ToContainTextAsync("peer not reading for ");
        await AssertCleanAsync();
        client.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task Peer_whose_answer_the_system_holds_is_seen_in_its_row()
    {
        await OpenAsync();
        using var client = await _tool.ConnectAsync();
        // More than the client's buffer takes, less than the system's: no handler waits for it.
        var sending = client.SendAsync(new byte[1_000_000], TestContext.Current.CancellationToken).AsTask();
        await Expect(Rows).ToHaveCountAsync(1);
        await Expect(Rows.First.Locator(".mark")).ToContainTextAsync(new Regex("^peer slow or not reading: .* kB unsent$"));
        await Expect(_page.Locator("#signs")).ToContainTextAsync("All is well.");
        await AssertCleanAsync();
        await sending;
    }

    [Fact]
    public async Task Planned_stop_reads_as_one()
    {
        await OpenAsync();
        await _page.RouteAsync("**/api/server", async route =>
        {
            var answer = await route.FetchAsync();
            var text = await answer.TextAsync();
            await route.FulfillAsync(new()
            {
                Response = answer,
                Body = text.Replace(
                    "\"stopping\":null", "\"stopping\":{\"left\":2,\"timeLeft\":4.2,\"text\":\"2 <b>are</b> left\"}",
                    StringComparison.Ordinal),
            });
        });
        await Expect(_page.Locator("#signs.stopping")).ToHaveTextAsync(
            "Stopping as planned. No new clients are accepted: 2 <b>are</b> left.");
        await Expect(_page.Locator("#signs b")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData(390, true)]
    [InlineData(1280, false)]
    public async Task Connections_come_before_charts_on_a_phone(int width, bool connectionsFirst)
    {
        await OpenAsync(width: width);
        using var client = await _tool.ConnectAsync();
        await Expect(Rows).ToHaveCountAsync(1);
        var top = new Dictionary<string, double>();
        foreach (var id in (string[])["signs", "figures", "connections", "listening", "charts", "ended", "process"])
            top[id] = await _page.EvaluateAsync<double>($"document.getElementById('{id}').getBoundingClientRect().top");
        Assert.Equal(connectionsFirst, top["connections"] < top["charts"]);
        Assert.Equal(connectionsFirst, top["listening"] < top["charts"]);
        Assert.True(top["signs"] < top["figures"]);
        Assert.True(top["figures"] < Math.Min(top["connections"], top["charts"]));
        Assert.Equal("process", top.MaxBy(section => section.Value).Key);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Page_says_that_the_server_is_gone()
    {
        await OpenAsync();
        await Expect(_page.Locator("#status")).ToContainTextAsync("Live");
        _tool.Kill();
        await Expect(_page.Locator("#status")).ToContainTextAsync("The server does not answer");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    [InlineData(ColorScheme.Dark, 390)]
    [InlineData(ColorScheme.Light, 375)]
    [InlineData(ColorScheme.Dark, 375)]
    public async Task Page_is_as_wide_as_the_screen_and_follows_its_colours(ColorScheme scheme, int width)
    {
        await OpenAsync(scheme, width);
        using var client = await _tool.ConnectAsync();
        await Expect(Rows).ToHaveCountAsync(1);
        await Rows.First.Locator("button.link").ClickAsync();
        Assert.Equal(width, await _page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        var back = await _page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.Equal(scheme is ColorScheme.Light ? "rgb(244, 245, 243)" : "rgb(18, 23, 26)", back);
        await AssertCleanAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_page is not null)
            await _page.Context.DisposeAsync();
        if (_tool is not null)
            await _tool.DisposeAsync();
    }

    private async Task OpenAsync(ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        var browser = await programs.Chromium.GetBrowserAsync();
        _tool = await AdminTool.StartAsync();
        var context = await browser.NewContextAsync(new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 800 },
        });
        context.SetDefaultTimeout(20_000);
        _page = await context.NewPageAsync();
        _page.Console += (_, message) => Note(message.Type is "error" or "warning" ? message.Text : null);
        _page.PageError += (_, error) => Note(error);
        _page.Request += (_, request) =>
        {
            lock (_requests)
                _requests.Add(new(request.Url));
        };
        SetDefaultExpectTimeout(20_000);
        await _page.GotoAsync(_tool.Url.ToString());
    }

    /// <summary>The browser sent requests to no other site, and found no fault.</summary>
    private async Task AssertCleanAsync()
    {
        Assert.Equal("Sockeye", (await _page.TitleAsync()).Split(" · ")[^1]);
        lock (_requests)
            Assert.All(_requests, request => Assert.Equal(_tool.Url.Authority, request.Authority));
        lock (_errors)
            Assert.Empty(_errors);
    }

    private void Note(string? error)
    {
        lock (_errors)
        {
            if (error is not null)
                _errors.Add(error);
        }
    }
}
