using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Sockeye.Browser.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Sockeye.Browser.Tests;

/// <summary>A real browser presses every button of <c>sockeye demo --page</c>; ss and tshark say whether it shows the
/// truth.</summary>
public sealed class DemoPageTests(TestPrograms programs) : IAsyncDisposable
{
    private readonly List<string> _errors = [];
    private readonly List<Uri> _requests = [];
    private DemoTool _tool = null!;
    private IPage _page = null!;

    private ILocator Pairs => _page.Locator(".pair");

    [Fact]
    public async Task Both_ends_of_a_connection_live_and_end_as_ss_prints_them()
    {
        await OpenAsync();
        await Expect(_page.Locator("#no-pairs")).ToBeVisibleAsync();
        await Expect(_page.Locator("#listener-address")).ToHaveTextAsync($"{_tool.Server}");
        await AssertLitAsync("LISTEN");

        await PressAsync("connect");
        var pair = Pairs.First;
        await ExpectStatesAsync(pair, "ESTABLISHED", "ESTABLISHED");
        await AssertLitAsync("LISTEN", "ESTABLISHED");
        var client = await pair.Locator(".client .mono").First.InnerTextAsync();
        Assert.Equal(
            [client, $"{_tool.Server}", $"{_tool.Server}", client], await pair.Locator(".addresses .mono").AllInnerTextsAsync());
        Assert.Equal(2, (await _tool.ListAsync("-Htn")).Count(line => line.StartsWith("ESTAB", StringComparison.Ordinal)));

        await PressAsync(pair, "client", "send");
        await Expect(_page.Locator("#calls")).ToContainTextAsync("13 B");
        await Expect(Segments("data")).ToHaveCountAsync(2);
        await PressAsync(pair, "client", "end");
        await ExpectStatesAsync(pair, "FIN-WAIT-2", "CLOSE-WAIT");
        await AssertLitAsync("LISTEN", "FIN-WAIT-2", "CLOSE-WAIT");
        await Expect(pair.Locator(".client [data-action=send]")).ToBeDisabledAsync();
        Assert.Equal(["CLOSE-WAIT", "FIN-WAIT-2"], (await _tool.ListAsync("-Htn")).Select(line => line.Split(' ')[0]).Order());

        await PressAsync(pair, "server", "send");
        await Expect(Segments("data")).ToHaveCountAsync(3);
        await PressAsync(pair, "server", "end");
        await ExpectStatesAsync(pair, "TIME-WAIT", "CLOSED");
        await AssertLitAsync("LISTEN", "TIME-WAIT", "CLOSED ");
        await AssertAgreesOnTimeWaitAsync(pair);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task One_client_has_three_sockets_each_with_one_of_the_server()
    {
        await OpenAsync();
        await PressAsync("connect-many");
        await Expect(Pairs).ToHaveCountAsync(3);
        await Expect(_page.Locator(".line.whole")).ToHaveCountAsync(3);
        foreach (var pair in await Pairs.AllAsync())
        {
            await Expect(pair.Locator(".client .head b")).ToContainTextAsync(new Regex("client 1, socket [123] of 3"));
            var addresses = await pair.Locator(".addresses .mono").AllInnerTextsAsync();
            Assert.Equal((addresses[0], addresses[1]), (addresses[3], addresses[2]));
        }

        Assert.Equal(6, (await _tool.ListAsync("-Htn")).Count(line => line.StartsWith("ESTAB", StringComparison.Ordinal)));
        var locals = (await _page.Locator(".client .addresses .mono").AllInnerTextsAsync()).Where((_, i) => i % 2 == 0);
        Assert.Equal(3, locals.Distinct().Count());
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Reset_of_either_side_and_of_all_leaves_no_socket()
    {
        await OpenAsync();
        foreach (var side in (string[])["client", "server"])
        {
            await PressAsync("connect");
            await ExpectStatesAsync(Pairs.First, "ESTABLISHED", "ESTABLISHED");
            await PressAsync(Pairs.First, side, "reset");
            await ExpectStatesAsync(Pairs.First, "CLOSED", "CLOSED");
            await Expect(Pairs.First.Locator("button:enabled")).ToHaveCountAsync(0);
        }

        await PressAsync("connect-many");
        await Expect(_page.Locator(".line.whole")).ToHaveCountAsync(3);
        await PressAsync("reset-all");
        await Expect(_page.Locator(".line.whole")).ToHaveCountAsync(0);
        await Expect(Segments("rst")).ToHaveCountAsync(5);
        Assert.Empty(await _tool.ListAsync("-Htan", "exclude", "listening"));
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Queue_fills_and_overflows_while_accepting_is_paused()
    {
        await OpenAsync();
        await PressAsync("pause");
        await Expect(_page.Locator("#accepting")).ToHaveTextAsync("Resume accept()");
        await PressAsync("connect");
        await Expect(_page.Locator("#queue .full")).ToHaveCountAsync(1);
        await Expect(Pairs.First.Locator(".server .state")).ToHaveTextAsync("ESTABLISHED · in the accept queue");
        Assert.Equal(["LISTEN", "1", "3"], await GetQueueAsync());
        await PressAsync("resume");
        await Expect(_page.Locator("#queue .full")).ToHaveCountAsync(0);

        await PressAsync("fill");
        await Expect(_page.Locator("#queue .full")).ToHaveCountAsync(4);
        await Expect(_page.Locator(".client .state.syn-sent")).ToHaveCountAsync(2);
        await Expect(_page.Locator("#overflows")).Not.ToHaveTextAsync("0");
        await AssertLitAsync("LISTEN", "SYN-SENT", "ESTABLISHED");
        Assert.Equal(["LISTEN", "4", "3"], await GetQueueAsync());
        if (_tool.HasPackets)
            await Expect(_page.Locator("#ladder")).ToContainTextAsync("SYN again");
        await PressAsync("resume");
        await Expect(_page.Locator(".line.whole")).ToHaveCountAsync(7);
        await Expect(_page.Locator("#queue .full")).ToHaveCountAsync(0);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Server_waits_at_no_cpu_and_ps_knows_its_thread()
    {
        await OpenAsync();
        await Expect(_page.Locator("#cpu")).ToHaveTextAsync(new Regex(@"^0\.\d\d %$"));
        var text = await _page.Locator("#cpu-text").InnerTextAsync();
        Assert.Contains("sleeps in", text, StringComparison.Ordinal);
        var threads = await Programs.RunAsync("ps", "-L", "-o", "comm,stat", "-p", $"{_tool.ProcessId}");
        Assert.Contains(text.Split(" sleeps")[0].Split(", ")[^1], threads, StringComparison.Ordinal);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Guide_leads_through_the_chapter()
    {
        await OpenAsync();
        var titles = new List<string>();
        for (var step = 1; ; step++)
        {
            await Expect(_page.Locator("#guide-count")).ToHaveTextAsync($"Step {step} of 9");
            titles.Add(await _page.Locator("#guide-title").InnerTextAsync());
            if (await _page.Locator("#guide-do").IsVisibleAsync())
            {
                await Expect(_page.Locator("#guide-do")).ToBeEnabledAsync();
                await _page.ClickAsync("#guide-do");
                await Expect(_page.Locator("#said")).Not.ToHaveClassAsync("error");
                await ExpectEffectAsync(step);
            }

            if (step == 9)
                break;
            await _page.ClickAsync("#guide-next");
        }

        Assert.Equal(9, titles.Distinct().Count());
        await Expect(_page.Locator("#guide-next")).ToBeDisabledAsync();
        await _page.ClickAsync("#guide-back");
        await Expect(_page.Locator("#guide-count")).ToHaveTextAsync("Step 8 of 9");
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Ladder_is_that_which_tshark_captures()
    {
        await OpenAsync();
        Assert.SkipUnless(_tool.HasPackets, "This user may not capture packets.");
        await using var capture = await SegmentCapture.StartAsync(_tool.Server);
        await PressAsync("connect");
        var graceful = Pairs.First;
        await ExpectStatesAsync(graceful, "ESTABLISHED", "ESTABLISHED");
        await PressAsync(graceful, "client", "send");
        await Expect(_page.Locator("#calls")).ToContainTextAsync("13 B");
        await PressAsync(graceful, "client", "end");
        await ExpectStatesAsync(graceful, "FIN-WAIT-2", "CLOSE-WAIT");
        await PressAsync(graceful, "server", "send");
        await PressAsync(graceful, "server", "end");
        await ExpectStatesAsync(graceful, "TIME-WAIT", "CLOSED");
        var ended = await GetPortAsync(graceful);
        await PressAsync("connect");
        await ExpectStatesAsync(Pairs.First, "ESTABLISHED", "ESTABLISHED");
        var reset = await GetPortAsync(Pairs.First);
        await PressAsync(Pairs.First, "server", "reset");
        await ExpectStatesAsync(Pairs.First, "CLOSED", "CLOSED");

        foreach (var port in (int[])[ended, reset])
        {
            await _page.SelectOptionAsync("#shown", $"{port}");
            var shown = await ReadLadderAsync(capture, port);
            Assert.Equal("client SYN 0 B seq 0", shown[0]);
            Assert.StartsWith("server SYN, ACK 0 B seq 0 ack 1", shown[1], StringComparison.Ordinal);
            Assert.Contains(port == ended ? "FIN, ACK" : "RST, ACK", string.Join('\n', shown), StringComparison.Ordinal);
        }

        await AssertCleanAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 390)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task Page_is_as_wide_as_the_screen_and_follows_its_colours(ColorScheme scheme, int width)
    {
        await OpenAsync(scheme, width);
        await PressAsync("connect-many");
        await Expect(_page.Locator(".line.whole")).ToHaveCountAsync(3);
        await PressAsync(Pairs.First, "client", "end");
        await PressAsync("fill");
        await Expect(_page.Locator(".client .state.syn-sent")).ToHaveCountAsync(2);
        Assert.Equal(width, await _page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        foreach (var list in (string[])["#pairs", "#ladder", "#calls"])
        {
            Assert.True(await _page.EvaluateAsync<bool>(
                $"(node => node.scrollWidth <= node.clientWidth)(document.querySelector('{list}'))"), $"{list} scrolls sideways");
        }

        var back = await _page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.Equal(scheme is ColorScheme.Light ? "rgb(244, 245, 243)" : "rgb(18, 23, 26)", back);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task Page_says_that_the_demo_is_gone()
    {
        await OpenAsync();
        await Expect(_page.Locator("#status")).ToHaveTextAsync("Live");
        _tool.Kill();
        await Expect(_page.Locator("#status")).ToContainTextAsync("The demo does not answer");
    }

    public async ValueTask DisposeAsync()
    {
        if (_page is not null)
            await _page.Context.DisposeAsync();
        if (_tool is not null)
            await _tool.DisposeAsync();
    }

    private static async Task ExpectStatesAsync(ILocator pair, string client, string server)
    {
        await Expect(pair.Locator(".client .state")).ToHaveTextAsync(client);
        await Expect(pair.Locator(".server .state")).ToHaveTextAsync(server);
        if (client == "ESTABLISHED")
            await Expect(pair.Locator("button:enabled")).ToHaveCountAsync(6);
    }

    private static Task PressAsync(ILocator pair, string side, string action) =>
        pair.Locator($".{side} [data-action={action}]").ClickAsync();

    private static async Task<int> GetPortAsync(ILocator pair) =>
        int.Parse((await pair.GetAttributeAsync("data-port"))!, CultureInfo.InvariantCulture);

    private Task PressAsync(string action) => _page.ClickAsync($"#controls [data-action={action}]");

    private ILocator Segments(string kind) => _page.Locator($"#ladder .{kind}");

    /// <summary>Returns what both show. Each of them may be later than the other.</summary>
    private async Task<IReadOnlyList<string>> ReadLadderAsync(SegmentCapture capture, int port)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (true)
        {
            var (shown, captured) = (await ReadLadderAsync(), capture.Get(port));
            if (shown.Count > 0 && shown.SequenceEqual(captured))
                return shown;
            if (timeout.IsCancellationRequested)
                Assert.Equal(captured, shown);
        }
    }

    private async Task<IReadOnlyList<string>> ReadLadderAsync()
    {
        List<string> shown = [];
        foreach (var item in await _page.Locator("#ladder li:visible").AllAsync())
        {
            var numbers = (await item.Locator("small").InnerTextAsync()).Split(" · ");
            var name = await item.GetAttributeAsync("data-flags");
            shown.Add($"{await item.GetAttributeAsync("data-from")} {name} {await item.GetAttributeAsync("data-length")} B "
                + string.Join(' ', numbers.Where(number => !number.EndsWith(" B", StringComparison.Ordinal))));
        }

        return shown;
    }

    private Task ExpectEffectAsync(int step) => step switch
    {
        2 => Expect(_page.Locator(".line.whole")).ToHaveCountAsync(1),
        3 => Expect(Segments("data")).ToHaveCountAsync(2),
        4 => Expect(_page.Locator(".server .state.close-wait")).ToHaveCountAsync(1),
        5 => Expect(_page.Locator(".client .state.time-wait")).ToHaveCountAsync(1),
        6 => Expect(_page.Locator(".line.whole")).ToHaveCountAsync(3),
        7 => Expect(Segments("rst")).ToHaveCountAsync(1),
        8 => Expect(_page.Locator("#queue .full")).ToHaveCountAsync(4),
        9 => Expect(_page.Locator(".line.whole")).ToHaveCountAsync(8),
        _ => Task.CompletedTask,
    };

    /// <summary>The states that are lit are these, and no other.</summary>
    private async Task AssertLitAsync(params string[] states)
    {
        foreach (var state in states)
            await Expect(_page.Locator($".node[data-state='{state}']")).ToHaveClassAsync(new Regex("client|server"));
        await Expect(_page.Locator(".node.client, .node.server")).ToHaveCountAsync(states.Length);
    }

    /// <summary>The rest of TIME-WAIT counts down, and is that of ss.</summary>
    private async Task AssertAgreesOnTimeWaitAsync(ILocator pair)
    {
        var text = pair.Locator(".client .numbers");
        await Expect(text).ToContainTextAsync(new Regex(@"\d s left"));
        var first = await ReadAsync();
        var line = Assert.Single(await _tool.ListAsync("-Htano", "state", "time-wait"));
        var second = await ReadAsync();
        var left = Regex.Match(line, @"timer:\(timewait,(?:(\d+)min)?(?:(\d+)(?:\.\d+)?sec)?");
        var ofSystem = (left.Groups[1].Success ? 60 * int.Parse(left.Groups[1].Value, CultureInfo.InvariantCulture) : 0)
            + (left.Groups[2].Success ? int.Parse(left.Groups[2].Value, CultureInfo.InvariantCulture) : 0);
        Assert.InRange(ofSystem, second - 2, first + 1);
        await Expect(text).Not.ToContainTextAsync($"{first:0.0} s left");
        Assert.True(await ReadAsync() < first);

        async Task<double> ReadAsync() => double.Parse(
            Regex.Match(await text.InnerTextAsync(), @"([\d.]+) s left").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private async Task<string[]> GetQueueAsync() =>
        Assert.Single(await _tool.ListAsync("-Hltn")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[..3];

    private async Task OpenAsync(ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        Programs.SkipUnlessThere("ss", "iproute2");
        var browser = await programs.Chromium.GetBrowserAsync();
        _tool = await DemoTool.StartAsync();
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
        Assert.Equal("TCP, live · Sockeye", await _page.TitleAsync());
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
