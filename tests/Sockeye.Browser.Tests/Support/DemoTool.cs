using System.Diagnostics;
using System.Net;

namespace Sockeye.Browser.Tests.Support;

/// <summary><c>sockeye demo --page</c> as a process, on free ports.</summary>
internal sealed class DemoTool : IAsyncDisposable
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private DemoTool(Process process) => _process = process;

    /// <summary>The server whose sockets it shows.</summary>
    public IPEndPoint Server { get; private set; } = null!;

    /// <summary>Where its page is.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Whether it may capture packets.</summary>
    public bool HasPackets { get; private set; }

    public int ProcessId => _process.Id;

    public static async Task<DemoTool> StartAsync()
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "Sockeye.Cli.dll");
        var tool = new DemoTool(Process.Start(new ProcessStartInfo("dotnet", [dll, "demo", "--page"])
        {
            RedirectStandardOutput = true,
        })!);
        try
        {
            await tool.ReadStartAsync();
        }
        catch
        {
            await tool.DisposeAsync();
            throw;
        }

        return tool;
    }

    /// <summary>Runs ss for the endpoint of the server. Returns its lines.</summary>
    public async Task<string[]> ListAsync(params string[] options)
    {
        var text = await Programs.RunAsync("ss", [.. options, $"src {Server} or dst {Server}"]);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task ReadStartAsync()
    {
        using var timeout = new CancellationTokenSource(WaitLimit, TimeProvider.System);
        while (true)
        {
            var line = await _process.StandardOutput.ReadLineAsync(timeout.Token)
                ?? throw new InvalidOperationException("The demo ended before it printed the address of its page.");
            if (line.Split("page: ") is ["", var url])
                Url = new(url);
            else if (line.Split("server: ") is ["", var server])
                Server = IPEndPoint.Parse(server.Split(' ')[0]);
            else if (line.StartsWith("segments: ", StringComparison.Ordinal))
                HasPackets = line.EndsWith("captured packets", StringComparison.Ordinal);
            else if (line.Contains("Ctrl+C", StringComparison.Ordinal))
                return;
        }
    }
}
