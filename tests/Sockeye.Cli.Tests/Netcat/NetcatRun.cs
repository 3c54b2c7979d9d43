using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Netcat;

/// <summary>
/// Runs commands of the documents: in a folder with their files, with the tool on the path as <c>sockeye</c>, and with free ports
/// for those that start with 70.
/// </summary>
public sealed partial class NetcatRun : IAsyncDisposable
{
    public const string FileText = "line 1\nline 2\n";

    private readonly AuthorityFiles _authority = new();
    private readonly Dictionary<string, int> _ports = [];
    private readonly List<Process> _processes = [];

    public NetcatRun()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("The commands are written for a shell of Unix.");
        Certificate = _authority.Issue("localhost");
        File.Copy(Certificate.Certificate, Path.Combine(Folder, "cert.pem"));
        File.Copy(Certificate.Key, Path.Combine(Folder, "key.pem"));
        _authority.Write("file", FileText);
        var bin = Directory.CreateDirectory(Path.Combine(Folder, "bin"));
        var tool = Path.Combine(bin.FullName, "sockeye");
        var command = string.Join(' ', ToolProcess.Command.Select(word => $"'{word}'"));
        File.WriteAllText(tool, $"#!/bin/sh\nexec {command} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(tool, (UnixFileMode)0b111_101_101);
    }

    public string Folder => _authority.Folder;

    public CertificateFiles Certificate { get; }

    /// <summary>Returns the free port in the place of one of a document.</summary>
    public int GetPort(int documented)
    {
        var key = documented.ToString(CultureInfo.InvariantCulture);
        if (!_ports.TryGetValue(key, out var port))
            _ports[key] = port = FindFreePort();
        return port;
    }

    /// <summary>Sets the port in the place of one of a document, and those that follow it.</summary>
    public void SetPort(int documented, int port) => _ports[documented.ToString(CultureInfo.InvariantCulture)] = port;

    public NetcatProcess Start(string command)
    {
        foreach (var program in (string[])["ncat", "nc", "socat", "curl", "openssl"])
        {
            if (Regex.IsMatch(command, $@"\b{program}\b"))
                Programs.SkipUnlessThere(program);
        }

        var replaced = Port().Replace(
            command, match => GetPort(int.Parse(match.Value, null)).ToString(CultureInfo.InvariantCulture));
        var start = new ProcessStartInfo("/bin/bash", ["-c", replaced])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Folder}/bin:{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin";
        var process = Process.Start(start)!;
        // An empty standard input, as </dev/null, unless the command has another one.
        process.StandardInput.Close();
        _processes.Add(process);
        return new(process);
    }

    /// <summary>Starts a server and waits until it listens on its port, or on the Unix socket.</summary>
    public async Task<NetcatProcess> ListenAsync(string command, int documentedPort = 7000)
    {
        var server = Start(command);
        var isUnix = UnixSocket().IsMatch(command);
        var (table, row) = isUnix
            ? ("/proc/net/unix", UnixRow())
            : ("/proc/net/tcp", new Regex(string.Create(
                CultureInfo.InvariantCulture, $":{GetPort(documentedPort):X4} 00000000:0000 0A ")));
        var started = TimeProvider.System.GetTimestamp();
        // The state of the system, because a connection would be the first client.
        while (!row.IsMatch(await File.ReadAllTextAsync(table)) || (isUnix && !File.Exists(Path.Combine(Folder, "sock"))))
        {
            Assert.False(server.HasExited, $"{command} has ended: {(server.HasExited ? await server.Errors : "")}");
            Assert.True(TimeProvider.System.GetElapsedTime(started) < ToolProcess.DefaultTimeout, $"{command} does not listen.");
            await Task.Yield();
        }

        return server;
    }

    public Task<Peer> ConnectAsync() => Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, GetPort(7000)));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _authority.Dispose();
    }

    private static int FindFreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"\bsock\b")]
    private static partial Regex UnixSocket();

    // Flags 00010000: it accepts clients (unix(7) of Linux). Programs bind the name as it was typed.
    [GeneratedRegex(@" 00010000 0001 01 +\d+ (\S*/)?sock(\n|$)")]
    private static partial Regex UnixRow();

    [GeneratedRegex(@"\b70\d\d\b")]
    private static partial Regex Port();
}

/// <summary>A command of a document that runs.</summary>
public sealed class NetcatProcess(Process process)
{
    private readonly Task<string> _output = ReadAsync(process.StandardOutput.BaseStream);

    public Task<string> Errors { get; } = process.StandardError.ReadToEndAsync();

    public bool HasExited => process.HasExited;

    /// <summary>Waits for its end, and returns the exit code and standard output.</summary>
    public async Task<string> EndAsync(TimeSpan? timeout = null)
    {
        await process.WaitForExitAsync().WaitAsync(timeout ?? ToolProcess.DefaultTimeout);
        return $"{process.ExitCode}: {await _output.WaitAsync(ToolProcess.DefaultTimeout)}";
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
