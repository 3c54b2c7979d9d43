using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;

namespace Sockeye.Cli;

/// <summary>The terminal: the alternate screen, keys, and its size. The end restores what was there before.</summary>
internal sealed class TopTerminal : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[2J";
    private const string Leave = "\e[0m\e[?25h\e[?1049l";

    private readonly Channel<ConsoleKeyInfo?> _keys = Channel.CreateUnbounded<ConsoleKeyInfo?>();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private List<TopLine> _shown = [];
    private int _width;

    public TopTerminal()
    {
        Console.TreatControlCAsInput = true;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT])
            _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        if (!OperatingSystem.IsWindows())
            _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _keys.Writer.TryWrite(null)));
        Write(Enter);
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
    }

    /// <summary>Gets the keys; null means that the size may have changed.</summary>
    public ChannelReader<ConsoleKeyInfo?> Keys => _keys.Reader;

    /// <summary>Fires when the process shall end, or the terminal is gone.</summary>
    public CancellationToken Ended => _ended.Token;

    public static (int Width, int Height) Size => (Math.Max(1, Console.WindowWidth), Math.Max(1, Console.WindowHeight));

    /// <summary>Writes the lines that differ from those on the screen.</summary>
    public void Show(List<TopLine> lines, int width)
    {
        var output = new StringBuilder("\e[?2026h");
        var isNew = width != _width || lines.Count != _shown.Count;
        if (isNew)
            output.Append("\e[2J");
        for (var i = 0; i < lines.Count; i++)
        {
            if (!isNew && lines[i] == _shown[i])
                continue;
            output.Append(System.Globalization.CultureInfo.InvariantCulture, $"\e[{i + 1};1H{GetStyle(lines[i].Style)}");
            // A reversed line reaches the edge. The last column of the last line would scroll some terminals.
            output.Append(lines[i].Style is TopStyle.Header or TopStyle.Selected
                ? lines[i].Text.PadRight(i == lines.Count - 1 ? width - 1 : width) : lines[i].Text);
            output.Append("\e[0m\e[K");
        }

        output.Append("\e[?2026l");
        (_shown, _width) = (lines, width);
        Write(output.ToString());
        if (StandardOutput.Instance.Broken.IsCancellationRequested)
            _ended.Cancel();
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        Write(Leave);
        Console.TreatControlCAsInput = false;
    }

    private static string GetStyle(TopStyle style) => style switch
    {
        TopStyle.Bold => "\e[1m",
        TopStyle.Header => "\e[7m",
        TopStyle.Selected => "\e[1;7m",
        TopStyle.Warning => Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ? "\e[1m" : "\e[1;33m",
        TopStyle.Dim => "\e[2m",
        _ => "",
    };

    private static void Write(string text) => StandardOutput.Instance.Write(Encoding.UTF8.GetBytes(text));

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _ended.Cancel();
    }

    private void ReadKeys()
    {
        try
        {
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                if (TopKeys.IsInterrupt(key))
                    _ended.Cancel();
                _keys.Writer.TryWrite(key);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            _ended.Cancel(); // The terminal is gone.
        }
    }
}
