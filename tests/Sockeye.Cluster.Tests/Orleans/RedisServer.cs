using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>A real redis-server in its own folder, which is killed at the end, also if the test process is.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>The shell kills the server when its input ends: when this process closes it, or is gone.</summary>
    private const string Guard = """redis-server "$1" >> "$2" 2>&1 & p=$!; cat > /dev/null; kill -9 $p; wait""";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly int _port;
    private Process? _guard;

    private RedisServer(string folder, int port)
    {
        _folder = folder;
        _port = port;
    }

    /// <summary>The address, with times that let a test of its loss be short.</summary>
    public string Options => string.Create(
        CultureInfo.InvariantCulture, $"127.0.0.1:{_port},connectTimeout=1000,syncTimeout=2000,abortConnect=false");

    private string Log => File.ReadAllText(Path.Combine(_folder, "log"));

    /// <summary>Starts a server on a free port.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Append("/usr/sbin")
                .Any(folder => File.Exists(Path.Combine(folder, "redis-server"))),
            "redis-server is missing: apt-get install redis-server");
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(Directory.CreateTempSubdirectory("sockeye-redis-").FullName, FindFreePort());
            try
            {
                await server.RestartAsync();
                return server;
            }
            catch (Exception exception)
            {
                await server.DisposeAsync();
                // Another process can take the port after it was found free.
                if (exception is not InvalidOperationException || attempt == 5)
                    throw;
            }
        }
    }

    /// <summary>Ends the server at once. What was written stays in its folder.</summary>
    public async Task KillAsync()
    {
        if (_guard is null)
            return;
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync(CancellationToken.None).WaitAsync(Limit, TimeProvider.System, CancellationToken.None);
        _guard.Dispose();
        _guard = null;
    }

    /// <summary>Starts the server again, on the same port and with what was written.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        var options = Path.Combine(_folder, "redis.conf");
        await File.WriteAllTextAsync(Path.Combine(_folder, "log"), "");
        await File.WriteAllTextAsync(options, string.Create(CultureInfo.InvariantCulture, $"""
            bind 127.0.0.1
            port {_port}
            dir {_folder}
            save ""
            appendonly yes
            appendfsync always

            """));
        var start = new ProcessStartInfo("/bin/sh", ["-c", Guard, "sh", options, Path.Combine(_folder, "log")])
        {
            RedirectStandardInput = true,
        };
        start.Environment["PATH"] += ":/usr/sbin";
        _guard = Process.Start(start)!;
        var begun = TimeProvider.System.GetTimestamp();
        while (!await AnswersAsync())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Limit
                || Log.Contains("Address already in use", StringComparison.Ordinal))
                throw new InvalidOperationException($"redis-server does not answer; its log: {Log}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            var answer = new byte[64];
            var count = await stream.ReadAsync(answer, TestContext.Current.CancellationToken);
            return Encoding.ASCII.GetString(answer, 0, count).StartsWith("+PONG", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }
}
