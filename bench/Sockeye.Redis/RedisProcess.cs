using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Redis;

/// <summary>A server in a separate process, on a free port.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly Process _process;

    private RedisProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>The CPU time of the server so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a program on one processor, and waits until it listens.</summary>
    /// <param name="processor">The number of the processor; null for all of them.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Returns the arguments for a port.</param>
    public static async Task<RedisProcess> StartAsync(int? processor, string program, Func<int, string[]> arguments)
    {
        var port = FindFreePort();
        string[] command = processor is { } number
            ? ["taskset", "-c", $"{number}", program, .. arguments(port)]
            : [program, .. arguments(port)];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        _ = process.StandardOutput.ReadToEndAsync();
        var client = new SockeyeClient();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = await client.ConnectAsync("127.0.0.1", port);
                return new(process, port);
            }
            catch (ConnectException) when (attempt < 100 && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    public static Task<RedisProcess> StartRedisAsync(int? processor) => StartAsync(
        processor, "redis-server", port => ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FindFreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
