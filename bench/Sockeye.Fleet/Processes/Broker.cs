using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockeye.Comparison.CommandLine;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;

namespace Sockeye.Fleet.Processes;

/// <summary>A nats-server or a redis-server on a free port. It ends with this process, however that ends.</summary>
internal sealed class Broker : IAsyncDisposable
{
    private const string SystemPrograms = "/usr/sbin";

    /// <summary>Starts a program, prints its id, and kills it when standard input ends. Ctrl+C does not end the guard, which would
    /// leave the program behind.</summary>
    private const string Guard = """trap '' INT TERM; "$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null""";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    private readonly Process _guard;
    private readonly int _id;

    private Broker(Process guard, int id, string address, int monitoringPort) =>
        (_guard, _id, Address, MonitoringPort) = (guard, id, address, monitoringPort);

    /// <summary>What nodes are told.</summary>
    public string Address { get; }

    /// <summary>The port of nats-server's monitoring; 0 for Redis.</summary>
    public int MonitoringPort { get; }

    public TimeSpan ProcessorTime() => CpuClock.Read(_id);

    public long Memory() => ResidentMemory.Read(_id);

    /// <exception cref="RunException">The program is missing, or does not start.</exception>
    public static async Task<Broker> StartNatsAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var (port, monitoring) = (FindFreePort(), FindFreePort());
        return await StartAsync(
            "nats-server", ["-a", "127.0.0.1", "-p", Text(port), "-m", Text(monitoring)], port, $"nats://127.0.0.1:{port}",
            monitoring, time, cancellationToken);
    }

    /// <exception cref="RunException">The program is missing, or does not start.</exception>
    public static async Task<Broker> StartRedisAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var port = FindFreePort();
        return await StartAsync(
            "redis-server", ["--bind", "127.0.0.1", "--port", Text(port), "--save", "", "--appendonly", "no"], port,
            $"127.0.0.1:{port}", 0, time, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    private static async Task<Broker> StartAsync(
        string name, string[] arguments, int port, string address, int monitoringPort, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var program = Find(name)
            ?? throw new RunException($"{name} is missing: install it, on Debian by \"apt-get install {name}\".");
        var guard = Process.Start(new ProcessStartInfo("sh", ["-c", Guard, "guard", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var id = int.Parse((await guard.StandardOutput.ReadLineAsync(cancellationToken))!, CultureInfo.InvariantCulture);
            var broker = new Broker(guard, id, address, monitoringPort);
            await WaitAsync(name, port, time, cancellationToken);
            return broker;
        }
        catch
        {
            guard.StandardInput.Close();
            throw;
        }
    }

    /// <summary>Whether the program is here, for tests too.</summary>
    public static string? Find(string name) =>
        Programs.Find(name)
        ?? (File.Exists(Path.Combine(SystemPrograms, name)) ? Path.Combine(SystemPrograms, name) : null);

    private static async Task WaitAsync(string name, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException e) when (time.GetElapsedTime(startedAt) > StartTimeout)
            {
                throw new RunException($"{name} did not listen on port {port} within {StartTimeout.TotalSeconds:0} s: {e.Message}.");
            }
            catch (SocketException)
            {
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
        }
    }

    private static int FindFreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
