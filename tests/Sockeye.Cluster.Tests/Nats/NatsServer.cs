using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>A real nats-server in its own folder, which is killed at the end, also if the test process is.</summary>
internal sealed class NatsServer : IAsyncDisposable
{
    /// <summary>The shell kills the server when its input ends: when this process closes it, or is gone. A signal to the whole
    /// group of processes must not end the shell before that.</summary>
    private const string Guard =
        """trap '' HUP INT TERM; nats-server -c "$1" >> "$2" 2>&1 & p=$!; echo $p; cat > /dev/null; kill -9 $p; wait""";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly string _options;
    private Process? _guard;
    private int _process;

    private NatsServer(string folder, string options)
    {
        _folder = folder;
        _options = options;
    }

    public int Port { get; private set; }

    public string Url => $"nats://127.0.0.1:{Port}";

    /// <summary>The address for the routes of other servers, if the options have a cluster.</summary>
    public string RouteUrl { get; private set; } = "";

    public Uri? Monitor { get; private set; }

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_folder, "log");

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="options">Further lines of its configuration.</param>
    public static async Task<NatsServer> StartAsync(string options = "")
    {
        SkipIfMissing();
        var server = new NatsServer(Directory.CreateTempSubdirectory("sockeye-nats-").FullName, options);
        try
        {
            await server.StartProcessAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public static void SkipIfMissing()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The server is stopped by signals, which Windows does not have.");
        Assert.SkipUnless(
            folders.Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, "nats-server"))),
            "nats-server is not installed here (apt-get install nats-server).");
    }

    /// <summary>Ends the process at once.</summary>
    public async Task KillAsync()
    {
        if (_guard is null)
            return;
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync(CancellationToken.None).WaitAsync(Limit, TimeProvider.System, CancellationToken.None);
        _guard.Dispose();
        _guard = null;
    }

    /// <summary>Starts the server again, on the same port.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartProcessAsync();
    }

    /// <summary>Stops the process without an end: its sockets stay open, and it does not answer.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartProcessAsync()
    {
        var options = Path.Combine(_folder, "options");
        await File.WriteAllTextAsync(options, string.Create(CultureInfo.InvariantCulture, $"""
            host: 127.0.0.1
            port: {(Port > 0 ? Port : -1)}
            http: "127.0.0.1:-1"
            ports_file_dir: "{_folder}"
            {_options}

            """));
        var start = new ProcessStartInfo("/bin/sh", ["-c", Guard, "sh", options, LogFile])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] += ":/usr/sbin";
        _guard = Process.Start(start)!;
        _process = int.Parse((await _guard.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        await ReadPortsAsync();
    }

    private async Task ReadPortsAsync()
    {
        var file = Path.Combine(_folder, $"nats-server_{_process}.ports");
        await Poll.UntilAsync(() => TryRead(file), () => $"nats-server is ready; its log: {Log}");
    }

    private bool TryRead(string file)
    {
        if (!File.Exists(file) || File.ReadAllText(file) is not { Length: > 0 } text || text[^1] != '}')
            return false;
        using var ports = JsonDocument.Parse(text);
        Port = new Uri(First("nats")!).Port;
        RouteUrl = First("cluster") ?? "";
        Monitor = new(First("monitoring")!);
        return true;

        string? First(string name) => ports.RootElement.TryGetProperty(name, out var urls) ? urls[0].GetString() : null;
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", _process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, kill.ExitCode);
    }
}
