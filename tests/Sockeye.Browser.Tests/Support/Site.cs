using System.Diagnostics;
using System.Net.Http.Json;

namespace Sockeye.Browser.Tests.Support;

/// <summary>samples/web.cs as a process, on one engine and on free ports.</summary>
public sealed class Site : IAsyncDisposable
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly List<string> _log = [];

    private Site(Process process) => _process = process;

    /// <summary>HTTP/1.1.</summary>
    public Uri Http { get; private set; } = null!;

    /// <summary>HTTP/2 with prior knowledge.</summary>
    public Uri H2c { get; private set; } = null!;

    /// <summary>HTTP/1.1 and HTTP/2 over TLS, with an untrusted certificate.</summary>
    public Uri Https { get; private set; } = null!;

    /// <summary>The most memory that it has had so far, in bytes; Linux only.</summary>
    public long PeakMemory => File.ReadLines($"/proc/{_process.Id}/status")
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024)
        .Single();

    public static async Task<Site> StartAsync(string engine)
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "Sockeye.Browser.Site.dll");
        string[] arguments = [dll, "--http", "0", "--h2c", "0", "--https", "0"];
        var site = new Site(Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            // Its end, also that of a killed test run, ends the site.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            // The server's collector leaves garbage by the number of processors: the peak would say little of the program.
            Environment = { ["SOCKEYE_ENGINE"] = engine, ["DOTNET_gcServer"] = "0" },
        })!);
        using var timeout = new CancellationTokenSource(WaitLimit, TimeProvider.System);
        List<Uri> addresses = [];
        while (addresses.Count < 3)
        {
            var line = await site._process.StandardOutput.ReadLineAsync(timeout.Token)
                ?? throw new InvalidOperationException($"The site ended: {string.Join('\n', site._log)}");
            site._log.Add(line);
            if (line.Split("Now listening on: ") is [_, var address])
                addresses.Add(new(address));
        }

        (site.Http, site.H2c, site.Https) = (addresses[0], addresses[1], addresses[2]);
        _ = site.ReadLogAsync();
        return site;
    }

    public Uri Of(string scheme) => scheme == "https" ? Https : Http;

    public Uri Of(string protocol, bool tls) => tls ? Https : protocol == "HTTP/2" ? H2c : Http;

    /// <summary>What the server says of its connections from this machine.</summary>
    public async Task<ServerConnection[]> GetConnectionsAsync(string scheme)
    {
        using var http = new HttpClient(NewHandler());
        return (await http.GetFromJsonAsync<ServerConnection[]>(
            new Uri(Of(scheme), "/connections"), TestContext.Current.CancellationToken))!;
    }

    /// <summary>Accepts the site's certificate, which is untrusted.</summary>
    public static SocketsHttpHandler NewHandler() => new()
    {
#pragma warning disable CA5359 // Which certificate it is, other tests check.
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
    };

    /// <summary>Ends its input when the tests are killed.</summary>
    public Task EndInputAsync()
    {
        _process.StandardInput.Close();
        return _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(WaitLimit, TimeProvider.System);
    }

    /// <summary>Stops it as a supervisor does. It must not have had an error.</summary>
    public async ValueTask DisposeAsync()
    {
        using var signal = _process.HasExited ? null : Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(WaitLimit, TimeProvider.System);
        }
        finally
        {
            _process.Kill();
        }

        lock (_log)
            Assert.False(_log.Exists(IsError), string.Join('\n', _log));
        Assert.Equal(0, _process.ExitCode);
        _process.Dispose();
    }

    private static bool IsError(string line) =>
        line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal);

    private async Task ReadLogAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_log)
                _log.Add(line);
        }
    }
}

/// <summary>A connection as the server reports it.</summary>
public sealed record ServerConnection(string Id, string Client, string Server, long Received, long Sent);
