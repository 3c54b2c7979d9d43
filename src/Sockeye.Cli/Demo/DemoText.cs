using System.Globalization;
using Spectre.Console;

namespace Sockeye.Cli;

/// <summary>The demo as text: colours and a progress bar in a terminal, plain ASCII lines elsewhere.</summary>
internal sealed class DemoText : IDemoReport
{
    private const int PlainWidth = 80;
    private const int MaxRows = 20;

    /// <summary>The number that names a socket: a file descriptor on Unix, a handle on Windows.</summary>
    private static readonly string SocketNumber = OperatingSystem.IsWindows() ? "handle" : "fd";

    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(1);

    private readonly bool _isTerminal = !Console.IsOutputRedirected;
    private readonly IAnsiConsole _console;
    private int _addressWidth;
    private int _scenes;

    public DemoText()
    {
        _console = _isTerminal ? AnsiConsole.Console : AnsiConsole.Create(new()
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        if (!_isTerminal)
            _console.Profile.Width = PlainWidth;
    }

    public void Show(DemoScene scene)
    {
        if (_scenes++ == 0)
            Title("The life of a TCP connection");
        Line($"[bold aqua]{Markup.Escape($"{scene.Function,-10}")}[/]", 11, $"[bold]{Markup.Escape(scene.Title)}[/]");
        foreach (var step in scene.Steps)
            Show(step);
        // In the default colour, because grey is invisible on some backgrounds.
        foreach (var fact in scene.Facts)
            Line("", 2, Markup.Escape(fact));
        if (scene.Winsock is { } winsock)
            Line("", 2, Markup.Escape($"Winsock: {winsock}"));
        _console.WriteLine();
    }

    /// <summary>Shows the commands to try before the next step.</summary>
    public void Show(IEnumerable<DemoHint> hints)
    {
        foreach (var hint in hints)
        {
            Line("[olive]try[/]", 5, $"[bold]{Markup.Escape(hint.Command)}[/]");
            Line("", 5, Markup.Escape(hint.Shows));
        }
    }

    public async Task FollowAsync(DemoLoad load, Task running)
    {
        Title("Many clients at once");
        if (_isTerminal)
            await FollowInTerminalAsync(load, running);
        else
            await FollowPlainAsync(load, running);
        _console.WriteLine();
    }

    public void Finish(DemoResult result)
    {
        var table = new Table { Border = _isTerminal ? TableBorder.Rounded : TableBorder.Ascii };
        table.AddColumn("client");
        table.AddColumn("server sees");
        foreach (var number in (string[])["messages", "bytes", "p50 ms", "p99 ms"])
            table.AddColumn(new TableColumn(number).RightAligned());
        foreach (var client in result.Clients.Take(MaxRows))
        {
            Row(table, client.Local, client.ServerSees, client.Messages, client.Bytes,
                client.RoundTripP50Ms, client.RoundTripP99Ms);
        }

        if (result.Clients.Count > MaxRows)
            table.AddRow($"and {result.Clients.Count - MaxRows} more", "", "", "", "", "");
        var totals = result.Totals;
        table.AddEmptyRow();
        Row(table, $"{totals.Clients} together", "", totals.Messages, totals.Bytes, totals.RoundTripP50Ms, totals.RoundTripP99Ms);
        _console.Write(table);
        var rate = totals.Seconds > 0 ? totals.Messages / totals.Seconds : 0;
        _console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{totals.Messages:N0} echoes compared byte for byte in {totals.Seconds:N1} s ({rate:N0} a second), "
            + $"{totals.WrongEchoes:N0} wrong"));
    }

    private static void Row(Table table, string client, string server, int messages, long bytes, double p50, double p99) =>
        table.AddRow(client, server, Whole(messages), Whole(bytes), Milliseconds(p50), Milliseconds(p99));

    private static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Formats a time with fewer decimals when it is long, so that the table stays within 80 columns.</summary>
    private static string Milliseconds(double time) =>
        time.ToString(time < 100 ? "0.000" : time < 10_000 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private void Title(string title)
    {
        if (_isTerminal)
            _console.Write(new Rule($"[bold]{title}[/]").LeftJustified());
        else
            _console.WriteLine($"== {title}");
        _console.WriteLine();
    }

    private void Show(DemoStep step)
    {
        var addresses = step switch
        {
            { Local: null } => "",
            { Remote: null } => step.Local,
            _ => $"{step.Local} -> {step.Remote}",
        };
        _addressWidth = Math.Max(_addressWidth, addresses.Length);
        var color = step.Side == StepRecorder.Server ? "green" : "yellow";
        var end = $"{step.OnTheWire,5} {step.State}";
        var line = $" {step.Function,-8} {SocketNumber} {step.Socket,-4}{addresses.PadRight(_addressWidth)} {end}".TrimEnd();
        Line($"  [{color}]{step.Side}[/]", 9, Markup.Escape(line.TrimStart()));
    }

    /// <summary>Writes a line. In a narrow terminal, further lines are indented to the text of the first.</summary>
    private void Line(string start, int indent, string text)
    {
        if (!_isTerminal)
        {
            var lead = start.Length == 0 ? "" : Markup.Remove(start);
            foreach (var line in Wrap(Markup.Remove(text), PlainWidth - indent))
            {
                _console.WriteLine(lead.PadRight(indent) + line);
                lead = "";
            }

            return;
        }

        var grid = new Grid { Expand = false };
        grid.AddColumn(new GridColumn { Width = indent, NoWrap = true, Padding = new Padding(0, 0, 0, 0) });
        grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 0, 0) });
        grid.AddRow(start, text);
        _console.Write(grid);
    }

    /// <summary>Splits text between words into lines that are not wider, unless a word is.</summary>
    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width && text.LastIndexOf(' ', width, width) is > 0 and var space)
        {
            yield return text[..space].TrimEnd();
            text = text[(space + 1)..];
        }

        yield return text;
    }

    private async Task FollowInTerminalAsync(DemoLoad load, Task running) => await _console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .StartAsync(async context =>
        {
            var bar = context.AddTask("echoes", maxValue: load.Total);
            while (!running.IsCompleted)
            {
                bar.Value = load.CompletedMessages;
                await running.WaitAsync(BarInterval, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            bar.Value = load.CompletedMessages;
        });

    private async Task FollowPlainAsync(DemoLoad load, Task running)
    {
        while (!running.IsCompleted)
        {
            await running.WaitAsync(PlainInterval, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{load.CompletedMessages:N0} of {load.Total:N0} echoes"));
        }
    }
}
