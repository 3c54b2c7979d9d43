using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli.Tests.Support;

/// <summary>Another server (openssl, nginx, HAProxy) as a process of one test, which is killed at its end.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private Daemon(Process process, int port)
    {
        (_process, Port) = (process, port);
        _errors = process.StandardError.ReadToEndAsync();
        process.OutputDataReceived += (_, _) => { }; // Read, so that the process never waits for a reader.
        process.BeginOutputReadLine();
    }

    public int Port { get; }

    /// <summary>
    /// Starts a program that listens on a port of 127.0.0.1 which the test found free, and waits until it does. Another process
    /// may take the port in between: then it is started again with another one.
    /// </summary>
    public static async Task<Daemon> StartAsync(string program, Func<int, string[]> arguments)
    {
        Programs.SkipUnlessThere(program);
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var start = new ProcessStartInfo(Programs.PathOf(program), arguments(port))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var daemon = new Daemon(Process.Start(start)!, port);
            if (await daemon.ListensAsync())
                return daemon;
            await daemon.DisposeAsync();
            Assert.True(attempt < 3, $"{program} does not listen: {await daemon._errors}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Reads the state from the system, because a connection would be the first client.</summary>
    private async Task<bool> ListensAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        var row = $":{Port:X4} 00000000:0000 0A ";
        while (!_process.HasExited && TimeProvider.System.GetElapsedTime(started) < ToolProcess.DefaultTimeout)
        {
            if ((await File.ReadAllTextAsync("/proc/net/tcp")).Contains(row, StringComparison.Ordinal))
                return true;
            await Task.Yield();
        }

        return false;
    }
}
