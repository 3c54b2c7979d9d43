using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>The tool on sockets of systemd-socket-activate, which passes them as systemd does, and its notifications.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sockeye-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Activated_tool_serves_the_client_that_started_it_and_leaves_the_sockets_of_systemd()
    {
        SkipWithoutSystemd();
        var (path, unused) = (Path.Combine(_folder.FullName, "s"), Path.Combine(_folder.FullName, "unused"));
        await using var tool = Activate(
            ["-l", path, "-l", unused, "--fdname=main:other"], "listen", $"unix:{path}", "--echo", "-v");
        using var client = await ConnectAsync(path);
        await client.SendAsync("hello"u8.ToArray(), Cancelled);
        Assert.Equal("hello", await ReceiveAsync(client, 5));

        // The other socket is closed, and its clients are refused, because only systemd would hold it.
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(
            () => other.ConnectAsync(new UnixDomainSocketEndPoint(unused), Cancelled).AsTask())).SocketErrorCode);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Children_get_neither_the_variables_nor_the_descriptors()
    {
        SkipWithoutSystemd();
        var path = Path.Combine(_folder.FullName, "s");
        await using var tool = Activate(
            ["-l", path], "listen", $"unix:{path}", "--sh-exec", "env | grep -c LISTEN_; ls /proc/self/fd | wc -l; echo end");
        using var client = await ConnectAsync(path);
        using var stream = new NetworkStream(client);
        using var reader = new StreamReader(stream);
        Assert.Equal("0", await reader.ReadLineAsync(Cancelled));
        Assert.Equal("4", await reader.ReadLineAsync(Cancelled)); // The standard streams, and the folder that ls reads.
        Assert.Equal("end", await reader.ReadLineAsync(Cancelled));
    }

    [Fact]
    public async Task Doctor_shows_what_was_inherited()
    {
        SkipWithoutSystemd();
        var path = Path.Combine(_folder.FullName, "s");
        await using var tool = Activate(["-l", path, "--fdname=main"], "doctor");
        using var client = await ConnectAsync(path);
        using var reader = new StreamReader(tool.Output);
        Assert.Contains($"descriptor 3 (main) on {path}", await reader.ReadToEndAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_notifies_systemd_when_it_listens_and_when_it_stops()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        var path = Path.Combine(_folder.FullName, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        await using var tool = ToolProcess.StartUnder(
            $"export NOTIFY_SOCKET={path} WATCHDOG_USEC=300000; exec \"$0\" \"$@\"", "listen", "127.0.0.1:0", "--echo");
        Assert.Equal("READY=1", await ReceiveAsync(systemd, 1000));
        Assert.Equal("STATUS=0 connections.", await ReceiveAsync(systemd, 1000));
        Assert.Equal("WATCHDOG=1", await ReceiveAsync(systemd, 1000)); // After all engine threads have run.
        using var kill = Process.Start("kill", ["-TERM", $"{tool.Id}"]);
        var message = "";
        while (message != "STOPPING=1")
            message = await ReceiveAsync(systemd, 1000);
    }

    private static void SkipWithoutSystemd() => Assert.SkipUnless(
        File.Exists("/usr/bin/systemd-socket-activate"),
        "systemd-socket-activate is not installed here (apt-get install systemd).");

    private static ToolProcess Activate(string[] options, params string[] arguments) =>
        ToolProcess.StartUnder($"exec systemd-socket-activate {string.Join(' ', options)} \"$0\" \"$@\"", arguments);

    private static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Cancelled);
                return socket;
            }
            catch (SocketException) when (attempts < 1000)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancelled); // It does not listen yet.
            }
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket, int length)
    {
        var buffer = new byte[length];
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        timeout.CancelAfter(ToolProcess.DefaultTimeout);
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, timeout.Token));
    }
}
