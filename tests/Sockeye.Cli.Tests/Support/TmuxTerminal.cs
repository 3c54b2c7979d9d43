using System.Text;

namespace Sockeye.Cli.Tests.Support;

/// <summary>A real terminal, by tmux, that runs a program. Its end kills both.</summary>
public sealed class TmuxTerminal : IAsyncDisposable
{
    private readonly string _socket;

    private TmuxTerminal(string socket) => _socket = socket;

    public static async Task<TmuxTerminal> StartAsync(int width, int height, params string[] command)
    {
        Programs.SkipUnlessThere("tmux");
        var terminal = new TmuxTerminal(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        await terminal.RunAsync(
            "-f", "/dev/null", "new-session", "-d", "-x", $"{width}", "-y", $"{height}",
            string.Join(' ', command.Select(word => $"'{word}'")) + "; echo ended with $?; exec cat");
        return terminal;
    }

    public Task SendAsync(params string[] keys) => RunAsync(["send-keys", .. keys]);

    public Task SendTextAsync(string text) => RunAsync("send-keys", "-l", text);

    public Task ResizeAsync(int width, int height) => RunAsync("resize-window", "-x", $"{width}", "-y", $"{height}");

    /// <summary>Reads the screen until it is as expected, and returns its lines.</summary>
    public async Task<string[]> WaitAsync(Func<string[], bool> isExpected)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var lines = (await RunAsync("capture-pane", "-p")).Split('\n');
            if (isExpected(lines))
                return lines;
            Assert.True(TimeProvider.System.GetElapsedTime(start) < ToolProcess.DefaultTimeout,
                $"The screen is:\n{string.Join('\n', lines)}");
        }
    }

    public Task<string[]> WaitForTextAsync(string text) =>
        WaitAsync(lines => lines.Any(line => line.Contains(text, StringComparison.Ordinal)));

    public async ValueTask DisposeAsync()
    {
        await Programs.ResultAsync("tmux", ["-S", _socket, "kill-server"], []);
        File.Delete(_socket);
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var result = await Programs.ResultAsync("tmux", ["-S", _socket, "-u", .. arguments], []);
        Assert.True(result.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {string.Join(' ', result.Errors)}");
        return Encoding.UTF8.GetString(result.Output);
    }
}
