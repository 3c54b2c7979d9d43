using System.Diagnostics;

namespace Sockeye.Takeover.Tests.Support;

/// <summary>A server in a separate process, which prints the line "listening PORT,PORT".</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ports = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => OnLine(e.Data);
        process.ErrorDataReceived += (_, e) => OnLine(e.Data);
        process.Exited += (_, _) => _ports.TrySetResult("");
    }

    public int Id => _process.Id;

    /// <summary>Completes when the process has ended and all of its output has come.</summary>
    public Task Ended => _process.WaitForExitAsync();

    public int ExitCode => _process.ExitCode;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join(Environment.NewLine, _lines);
        }
    }

    /// <summary>Starts "dotnet" or another program with these arguments.</summary>
    public static ServerProcess Start(string program, string[] arguments, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var server = new ServerProcess(process);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Waits until the server listens.</summary>
    /// <returns>The two ports, separated by a comma.</returns>
    public async Task<string> GetPortsAsync()
    {
        var ports = await _ports.Task.WaitAsync(TestWait.Limit, TestContext.Current.CancellationToken);
        Assert.True(ports.Length > 0, Output);
        return ports;
    }

    /// <summary>Sends SIGTERM, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            await Ended.WaitAsync(TestWait.Limit, TestContext.Current.CancellationToken);
        return ExitCode;
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Ended.WaitAsync(TestWait.Limit, TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
            return; // The end of the output.
        lock (_lines)
            _lines.Add(line);
        if (line.Split(' ') is ["listening", var ports])
            _ports.TrySetResult(ports);
    }
}
