using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>A real HAProxy; tests are skipped where there is none.</summary>
internal sealed class HaproxyProcess : IAsyncDisposable
{
    private const int MostStarts = 5;

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private HaproxyProcess(Process process, DirectoryInfo folder, int port) =>
        (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Port);

    /// <summary>Starts it with one TCP listener on 127.0.0.1.</summary>
    /// <param name="bind">Options of the listener.</param>
    /// <param name="server">Where it relays to, and how.</param>
    /// <param name="files">Files that the options name, put where it runs.</param>
    public static async Task<HaproxyProcess> StartAsync(
        string bind, string server, params (string Name, string Text)[] files)
    {
        var program = Find() ?? "";
        if (program.Length == 0 || !OperatingSystem.IsLinux())
            Assert.Skip("haproxy is not installed here, or this is not Linux.");
        var folder = Directory.CreateTempSubdirectory("sockeye-");
        foreach (var (name, text) in files)
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text);

        for (var start = 1; ; start++)
        {
            // Free now: if another process takes it first, HAProxy ends, and gets another one.
            var port = FreePort();
            var lines = string.Create(CultureInfo.InvariantCulture, $"""
                defaults
                  mode tcp
                  timeout connect 10s
                  timeout client 60s
                  timeout server 60s
                  timeout check 10s
                  unique-id-format id-of-%ci:%cp
                listen tests
                  bind 127.0.0.1:{port} {bind}
                  server behind {server}

                """);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "haproxy.cfg"), lines);
            var process = Process.Start(new ProcessStartInfo(program, ["-db", "-q", "-f", "haproxy.cfg"])
            {
                WorkingDirectory = folder.FullName,
                RedirectStandardError = true,
            })!;
            await BoundedWait.Until(() => process.HasExited || IsListening(port), "haproxy listens");
            if (!process.HasExited)
                return new(process, folder, port);
            var errors = await process.StandardError.ReadToEndAsync().Within();
            process.Dispose();
            Assert.True(start < MostStarts, $"haproxy ended {start} times: {errors}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Within();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append("/usr/sbin").Select(folder => Path.Combine(folder, "haproxy")).FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private static bool IsListening(int port)
    {
        // As /proc/net/tcp has it: address and port in hexadecimal, and 0A for a listener. A connect would be a client.
        var local = string.Create(CultureInfo.InvariantCulture, $"0100007F:{port:X4} 00000000:0000 0A");
        return File.ReadLines("/proc/net/tcp").Any(line => line.Contains(local, StringComparison.Ordinal));
    }
}
