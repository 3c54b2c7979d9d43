using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;

namespace Sockeye.Cli.Tests.Top;

/// <summary>The screen as text, from a state, a snapshot and keys.</summary>
public sealed class TopScreenTests
{
    private readonly FakeTopSource _source = new();
    private readonly TopState _state;
    private TopSnapshot _snapshot = TopSnapshot.Empty;

    public TopScreenTests()
    {
        var columns = TopColumn.OfMachine;
        _state = new(columns, columns.First(column => column.Name == "out"), isDescending: true);
    }

    [Theory, InlineData(80, 24), InlineData(200, 50), InlineData(100, 12), InlineData(40, 8), InlineData(20, 5)]
    public void Every_line_fits_the_terminal_and_there_are_as_many_as_it_has(int width, int height)
    {
        foreach (var view in Enum.GetValues<TopView>())
        {
            _state.View = view;
            var lines = Draw(width, height);

            Assert.Equal(height, lines.Count);
            Assert.All(lines, line => Assert.True(line.Length <= width, $"{view}: {line.Length} columns: {line}"));
        }
    }

    [Fact]
    public void Terminal_of_80_columns_has_addresses_rates_round_trip_and_process()
    {
        var lines = Draw(80, 24);

        Assert.StartsWith("sockeye top", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("every 1 s  12:34:56", lines[0], StringComparison.Ordinal);
        var header = lines[Header(lines)];
        Assert.Matches(@"^LOCAL +REMOTE +STATE +IN/s +OUT/s↓ +RTT +PROCESS *$", header);
        Assert.Matches(@"^10\.0\.0\.1:443 +192\.0\.2\.30:50030 +ESTAB +30 +30k +30ms +server", lines[Header(lines) + 1]);
        Assert.EndsWith("q Quit", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void States_are_whole_at_80_columns()
    {
        string[] states = [.. Enum.GetValues<TcpState>().Select(TopRow.GetState)];
        foreach (var (row, state) in _source.Rows.Zip(states))
            row.State = state;

        var screen = string.Join('\n', Draw(80, 50));

        Assert.Contains("TIME-WAIT", states);
        Assert.All(states, state => Assert.Contains($" {state} ", screen, StringComparison.Ordinal));
    }

    [Fact]
    public void Terminal_of_200_columns_has_all_columns()
    {
        var header = Draw(200, 50)[Header(Draw(200, 50))];

        foreach (var column in TopColumn.OfMachine)
            Assert.Contains(column.Title, header, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_under_their_titles()
    {
        foreach (var width in (int[])[80, 100, 120, 160, 200])
        {
            var lines = Draw(width, 24);
            var header = lines[Header(lines)];
            var row = lines[Header(lines) + 1];
            Assert.Equal(header.IndexOf("STATE", StringComparison.Ordinal), row.IndexOf("ESTAB", StringComparison.Ordinal));
            Assert.Equal(
                header.IndexOf("IN/s", StringComparison.Ordinal) + "IN/s".Length,
                row.IndexOf(" 30 ", StringComparison.Ordinal) + " 30".Length);
        }
    }

    [Fact]
    public void Arrows_select_and_scroll()
    {
        Press(ConsoleKey.DownArrow);
        Assert.Equal(1, SelectedIndex());
        Press(ConsoleKey.End);
        var lines = Draw(80, 24);
        Assert.Contains("192.0.2.1:50001", lines[^2], StringComparison.Ordinal);
        Assert.StartsWith("30/30", lines[Header(lines) - 1], StringComparison.Ordinal);
        Press(ConsoleKey.PageUp);
        Press(ConsoleKey.Home);
        Press(ConsoleKey.UpArrow);
        Assert.Equal(0, SelectedIndex());
    }

    [Fact]
    public void Keys_sort_by_the_next_column_and_invert()
    {
        Press(ConsoleKey.F6);
        Assert.Equal("rtt", _state.Sort.Name);
        Type("<");
        Type("<");
        Assert.Equal("in", _state.Sort.Name);
        Assert.True(_state.IsDescending);
        Type("I");
        Assert.Contains("192.0.2.1:50001", FirstRow(), StringComparison.Ordinal);
        Type("I");
        Assert.Contains("192.0.2.30:50030", FirstRow(), StringComparison.Ordinal);
        Type("s");
        Assert.Equal(("state", false), (_state.Sort.Name, _state.IsDescending));
    }

    [Fact]
    public void Filter_is_typed_applied_and_removed()
    {
        Type("/");
        Type("rtt>20msx");
        Press(ConsoleKey.Backspace);
        Assert.StartsWith("Filter: rtt>20ms_", Draw(80, 24)[^1], StringComparison.Ordinal);
        Press(ConsoleKey.Enter);
        Assert.Equal(10, _snapshot.Matching);
        Assert.Contains("filter: rtt>20ms (10 of 30)", string.Join('\n', Draw(80, 24)), StringComparison.Ordinal);
        Press(ConsoleKey.Escape);
        Assert.Equal(30, _snapshot.Matching);
    }

    [Fact]
    public void Wrong_filter_is_reported_and_can_be_corrected()
    {
        Type("/");
        Type("port=x");
        Press(ConsoleKey.Enter);
        Assert.Contains("\"x\" is not a port", Draw(80, 24)[^1], StringComparison.Ordinal);
        Assert.Equal(TopInput.Filter, _state.Input);
        Type("q"); // A letter of the filter, not the command.
        Assert.Equal("port=xq", _state.InputText);
        Press(ConsoleKey.Escape);
        Assert.Equal(30, _snapshot.Matching);
    }

    [Fact]
    public void Filter_that_matches_nothing_says_so()
    {
        Type("/");
        Type("port=1");
        Press(ConsoleKey.Enter);

        Assert.Contains("No connection matches", string.Join('\n', Draw(80, 24)), StringComparison.Ordinal);
    }

    [Fact]
    public void Enter_opens_the_page_of_a_connection_with_its_history()
    {
        Press(ConsoleKey.Enter);
        var page = string.Join('\n', Draw(80, 24));

        Assert.Contains("connection    10.0.0.1:443 – 192.0.2.30:50030", page, StringComparison.Ordinal);
        Assert.Contains("process       server, pid 4711", page, StringComparison.Ordinal);
        Assert.Matches("out/s +[▁▂▃▄▅▆▇█]+  max 30kB", page);
        Press(ConsoleKey.Escape);
        Assert.Equal(TopView.Connections, _state.View);
    }

    [Fact]
    public void Tab_shows_listeners_and_ended_connections()
    {
        Press(ConsoleKey.Tab);
        Assert.Matches(@"0\.0\.0\.0:443 +3 +128 +30 +7 +0\.5 +4711 server", string.Join('\n', Draw(80, 24)));
        Press(ConsoleKey.Tab);
        Assert.Matches(@"12:30:00 +10\.0\.0\.1:443 +192\.0\.2\.99:1 .*1m05s +1\.5k +2M was ESTAB",
            string.Join('\n', Draw(100, 24)));
        Press(ConsoleKey.Tab);
        Assert.Equal(TopView.Connections, _state.View);
    }

    [Fact]
    public void Pause_help_and_quit_have_their_keys()
    {
        Press(ConsoleKey.Spacebar);
        Assert.Contains("paused", Draw(80, 24)[0], StringComparison.Ordinal);
        Type("?");
        Assert.Contains("rtt>50ms and out>1M", string.Join('\n', Draw(80, 24)), StringComparison.Ordinal);
        Press(ConsoleKey.Escape);
        Assert.Equal(TopView.Connections, _state.View);
        Assert.Equal(TopAction.Quit, Press(ConsoleKey.F10));
        Assert.Equal(TopAction.Quit, Apply(new('q', ConsoleKey.Q, false, false, false)));
        Assert.Equal(TopAction.Quit, Apply(new('\x3', ConsoleKey.C, false, false, control: true)));
    }

    [Fact]
    public void Close_asks_for_a_reason_only_if_the_source_can_close()
    {
        Press(ConsoleKey.F9);
        Assert.Contains("admin page", _state.Message, StringComparison.Ordinal);

        var columns = TopColumn.OfServer;
        var server = new TopState(columns, columns[0], isDescending: false) { CanClose = true };
        Assert.Equal(TopAction.None, TopKeys.Apply(server, new('\0', ConsoleKey.F9, false, false, false), _snapshot));
        Assert.Equal(TopInput.Reason, server.Input);
        Assert.Equal(TopAction.None, TopKeys.Apply(server, Enter, _snapshot)); // Without a reason.
        TopKeys.Apply(server, new('k', ConsoleKey.K, false, false, false), _snapshot);
        TopKeys.Apply(server, new('x', ConsoleKey.X, false, false, false), _snapshot);
        Assert.Equal(TopAction.Close, TopKeys.Apply(server, Enter, _snapshot));
        Assert.Equal("x", server.InputText);
    }

    [Fact]
    public void Connection_to_close_is_the_one_for_which_a_reason_was_asked_also_when_the_order_changes_meanwhile()
    {
        var columns = TopColumn.OfServer;
        var server = new TopState(columns, columns[0], isDescending: false) { CanClose = true };
        TopRow[] rows = [new() { Key = "c1" }, new() { Key = "c2" }];
        TopKeys.Apply(server, new('\0', ConsoleKey.F9, false, false, false), new() { Rows = rows, Matching = 2 });
        var later = new TopSnapshot { Rows = [rows[1], rows[0]], Matching = 2 };
        TopKeys.Apply(server, new('x', ConsoleKey.X, false, false, false), later);

        Assert.Equal("Close c1, for the reason: x_", TopScreen.Draw(server, later, 80, 24)[^1].Text);
        Assert.Equal(TopAction.Close, TopKeys.Apply(server, Enter, later));
        Assert.Equal("c1", server.Closing!.Key);
    }

    [Fact]
    public void Name_of_a_process_cannot_change_the_screen()
    {
        _source.Rows[^1].Owner = new(1, "a\e[2Jb\u202Ec");

        Assert.DoesNotContain(Draw(80, 24), line => line.AsSpan().ContainsAny('\e', '\u202E'));
    }

    [Fact]
    public void Text_of_an_admin_page_cannot_change_the_screen_or_the_report()
    {
        var snapshot = new TopSnapshot
        {
            Figures = ["a\e[2J"],
            Warnings = ["b\nc"],
            Closed = [new(default, "\e", "", default, false, 0, 0, "\e")],
        };
        _state.View = TopView.Closed;
        _state.Message = "\e[2J";

        var lines = TopScreen.Draw(_state, snapshot, 80, 24).Select(line => line.Text)
            .Concat(TopReport.Write(snapshot, TopColumn.OfServer, isServer: true)).ToList();

        Assert.DoesNotContain(lines, line => line.Any(char.IsControl));
        Assert.Contains("b?c", lines);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(2.25, "2.3")]
    [InlineData(999, "999")]
    [InlineData(999.7, "1k")]
    [InlineData(1234, "1.2k")]
    [InlineData(34_567, "35k")]
    [InlineData(1_250_000, "1.3M")]
    [InlineData(9_990_000_000_000, "10T")]
    public void Amounts_need_few_columns(double amount, string expected) => Assert.Equal(expected, TopText.Amount(amount));

    [Theory]
    [InlineData(0.00002, "20µs")]
    [InlineData(0.0012, "1.2ms")]
    [InlineData(0.35, "350ms")]
    [InlineData(2.1, "2.1s")]
    public void Latencies_need_few_columns(double seconds, string expected) =>
        Assert.Equal(expected, TopText.Latency(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Long_address_keeps_its_port() =>
        Assert.Equal("[2001:db8:1…:50123", TopText.Fit("[2001:db8:1:2:3:4:5:6]:50123", 18, isAddress: true));

    private static ConsoleKeyInfo Enter => new('\r', ConsoleKey.Enter, false, false, false);

    private static int Header(List<string> lines) => lines.FindIndex(line => line.StartsWith("LOCAL", StringComparison.Ordinal));

    private string FirstRow() => Draw(80, 24) is var lines ? lines[Header(lines) + 1] : "";

    private int SelectedIndex()
    {
        var lines = TopScreen.Draw(_state, Query(80, 24), 80, 24);
        var header = lines.FindIndex(line => line.Text.StartsWith("LOCAL", StringComparison.Ordinal));
        return lines.FindIndex(line => line.Style is TopStyle.Selected) - header - 1;
    }

    private List<string> Draw(int width, int height) =>
        [.. TopScreen.Draw(_state, Query(width, height), width, height).Select(line => line.Text)];

    private TopSnapshot Query(int width, int height)
    {
        Assert.True(width > 0);
        _snapshot = _source.Query(_state.ToQuery());
        _state.PageSize = Math.Max(1, height - TopScreen.GetFrame(_snapshot, height));
        _state.Select(_state.Selected, TopKeys.Count(_state, _snapshot));
        return _snapshot = _source.Query(_state.ToQuery());
    }

    private TopAction Press(ConsoleKey key) => Apply(new(key is ConsoleKey.Spacebar ? ' ' : '\0', key, false, false, false));

    private void Type(string text)
    {
        foreach (var letter in text)
        {
            var key = char.IsAsciiLetter(letter) ? ConsoleKey.A + (char.ToLowerInvariant(letter) - 'a') : default;
            Apply(new(letter, key, false, false, false));
        }
    }

    private TopAction Apply(ConsoleKeyInfo key)
    {
        Query(80, 24);
        var action = TopKeys.Apply(_state, key, _snapshot);
        Query(80, 24);
        return action;
    }

    /// <summary>30 connections: the higher the number, the higher each value.</summary>
    private sealed class FakeTopSource
    {
        public List<TopRow> Rows { get; } = [.. Enumerable.Range(1, 30).Select(Create)];

        public TopSnapshot Query(TopQuery query)
        {
            var view = Rows.Where(query.Filter.Matches).ToList();
            view.Sort((a, b) => query.IsDescending ? query.Sort.Compare(b, a) : query.Sort.Compare(a, b));
            return new()
            {
                At = new(2026, 1, 2, 12, 34, 56, TimeSpan.Zero),
                Figures = ["30 connections: 30 ESTAB", "in 465 B/s, out 465 kB/s, retransmits 0/s", "1 listener: 3 to accept"],
                Total = Rows.Count,
                Matching = view.Count,
                Offset = query.Offset,
                Rows = [.. view.Skip(query.Offset).Take(query.Limit)],
                Listeners = [new("0.0.0.0:443", 3, 128, 30) { Drops = 7, DropsPerSecond = 0.5, Owner = new(4711, "server") }],
                Closed =
                [
                    new(
                        new(2026, 1, 2, 12, 30, 0, TimeSpan.Zero), "10.0.0.1:443", "192.0.2.99:1", TimeSpan.FromSeconds(65),
                        false, 1500, 2_000_000, "was ESTAB"),
                ],
                Watched = Rows.Find(row => row.Key == query.Watched),
            };
        }

        private static TopRow Create(int number)
        {
            var row = new TopRow
            {
                Key = number.ToString(CultureInfo.InvariantCulture),
                LocalName = SocketName.From(IPEndPoint.Parse("10.0.0.1:443")),
                RemoteName = SocketName.From(new(IPAddress.Parse($"192.0.2.{number}"), 50_000 + number)),
                State = "ESTAB",
                ReceivedPerSecond = number,
                SentPerSecond = number * 1000,
                RoundTrip = TimeSpan.FromMilliseconds(number),
                Owner = new(4711, "server"),
            };
            (row.History = new()).Add(row);
            return row;
        }
    }
}
