using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Browser.Tests.Support;

/// <summary><c>sockeye listen --echo --admin</c> as a process, on free ports.</summary>
internal sealed class AdminTool : IAsyncDisposable
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private AdminTool(Process process) => _process = process;

    public IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>Where its page is.</summary>
    public Uri Url { get; private set; } = null!;

    public int ProcessId => _process.Id;

    public static async Task<AdminTool> StartAsync(params string[] options)
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "Sockeye.Cli.dll");
        string[] arguments = [dll, "listen", "127.0.0.1:0", "--echo", "--admin", "0", .. options];
        var tool = new AdminTool(Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
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

        // Read on, so that it never waits for a reader.
        _ = tool._process.StandardError.ReadToEndAsync(CancellationToken.None);
        return tool;
    }

    private async Task ReadStartAsync()
    {
        using var timeout = new CancellationTokenSource(WaitLimit, TimeProvider.System);
        while (Url is null)
        {
            var line = await _process.StandardError.ReadLineAsync(timeout.Token)
                ?? throw new InvalidOperationException("The tool ended before it printed the address of its page.");
            if (line.Split("listening on ") is [_, var endpoint])
                EndPoint = IPEndPoint.Parse(endpoint);
            if (line.Split("admin page: ") is [_, var url])
                Url = new(url);
        }
    }

    /// <summary>One more client.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(EndPoint, TestContext.Current.CancellationToken);
        return socket;
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
