using System.Diagnostics;

namespace Sockeye.Takeover.Tests.Support;

/// <summary>A server in a separate process.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ports = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];

    private NodeProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => OnLine(e.Data);
        process.ErrorDataReceived += (_, e) => OnLine(e.Data);
    }

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Sockeye.Takeover.Node.dll");

    public int Id => _process.Id;

    /// <summary>The two ports, separated by a comma; empty if the process has ended before it listened.</summary>
    public Task<string> Ports => _ports.Task;

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

    /// <param name="engine">The engine: "sockets", "epoll" or "uring".</param>
    /// <param name="ports">The ports for bytes and for messages, separated by a comma; 0 for free ones.</param>
    /// <param name="path">The path of the takeover.</param>
    /// <param name="deadly">The step at which it kills itself; null for none.</param>
    public static NodeProcess Start(string engine, string ports, string path, TakeoverStep? deadly = null)
    {
        string[] arguments = [Program, engine, ports, path, .. deadly is { } step ? [$"{step}"] : (string[])[]];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        };
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var node = new NodeProcess(process);
        process.Exited += (_, _) => node._ports.TrySetResult("");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return node;
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
