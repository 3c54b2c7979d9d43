using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Tests;

/// <summary>The program as a process, first of its own group, with all that it starts.</summary>
internal sealed class FleetProcess : IAsyncDisposable
{
    /// <summary>A variable of the environment by which its processes are known, whatever becomes of their parents.</summary>
    private const string Mark = "SOCKEYE_FLEET_TEST";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static int _count;

    private readonly Process _process;
    private readonly string _mark;
    private readonly Lock _lock = new();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private FleetProcess(Process process, string mark)
    {
        (_process, _mark) = (process, mark);
        process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    public static FleetProcess Start(string arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, $"{typeof(FleetRun).Assembly.GetName().Name}.dll");
        var mark = $"{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        // setsid gives it a group of its own, as a terminal does.
        var start = new ProcessStartInfo("setsid", ["dotnet", program, .. arguments.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Mark] = mark;
        return new(Process.Start(start)!, mark);
    }

    public Task UntilLineAsync(string text) => UntilAsync(
        () => Errors.Contains(text, StringComparison.Ordinal) || _process.HasExited, $"\"{text}\" on standard error");

    /// <summary>How many processes of it there are.</summary>
    public int CountProcesses() => FindProcesses().Count;

    public async Task SignalGroupAsync(string signal)
    {
        using var kill = Process.Start("/bin/kill", ["-s", signal, "--", $"-{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    public void Kill() => _process.Kill();

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public Task UntilNoneIsLeftAsync() => UntilAsync(() => CountProcesses() == 0, "no process is left");

    public ValueTask DisposeAsync()
    {
        foreach (var id in FindProcesses())
        {
            try
            {
                using var left = Process.GetProcessById(id);
                left.Kill();
            }
            catch (ArgumentException)
            {
                // It has ended in the meantime.
            }
        }

        _process.Dispose();
        return default;
    }

    private List<int> FindProcesses()
    {
        List<int> found = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                // A process that has ended, and that nothing has waited for yet, has no environment.
                if (File.ReadAllText(Path.Combine(folder, "environ")).Split('\0').Contains($"{Mark}={_mark}"))
                    found.Add(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended in the meantime, or belongs to another user.
            }
        }

        return found;
    }

    private async Task UntilAsync(Func<bool> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(begun) < Limit, $"It did not happen in {Limit}: {what}; {Output} {Errors}");
            await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private void Add(StringBuilder text, string? line)
    {
        lock (_lock)
            text.AppendLine(line);
    }

    private string Read(StringBuilder text)
    {
        lock (_lock)
            return text.ToString();
    }
}
