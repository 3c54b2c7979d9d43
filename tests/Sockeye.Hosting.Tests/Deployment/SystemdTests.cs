using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Hosting.Tests.Deployment;

/// <summary>The unit in docs/systemd.md, and the messages of a program to systemd.</summary>
public sealed class SystemdTests
{
    private static readonly string Unit = DocumentedBlocks.Read("systemd.md", "ini")[0];

    [Fact]
    public async Task Systemd_finds_nothing_wrong_with_the_unit()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(
            folders.Any(folder => File.Exists(Path.Combine(folder, "systemd-analyze"))),
            "systemd-analyze is not installed here (apt-get install systemd).");
        using var directory = new TemporaryDirectory();
        var unit = Path.Combine(directory.Path, "orders.service");
        var program = Environment.ProcessPath!;
        await File.WriteAllTextAsync(
            unit, Unit.Replace("ExecStart=/opt/orders/orders", $"ExecStart={program}", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        using var analyze = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", unit])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var errors = analyze.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await analyze.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await analyze.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("orders.service", output + await errors, StringComparison.Ordinal);
        Assert.Equal(0, analyze.ExitCode);
    }

    [Fact]
    public void Each_time_to_stop_is_longer_than_those_that_it_contains()
    {
        var kill = Seconds("TimeoutStopSec");
        var host = Seconds("Environment=DOTNET_SHUTDOWNTIMEOUTSECONDS");

        Assert.True(new SockeyeServerOptions().ShutdownTimeout.TotalSeconds < host);
        Assert.True(host < kill, $"SIGKILL comes after {kill} s, the host gives up after {host} s.");
    }

    /// <summary>AddSystemd reads the name of its parent process, and does nothing if that is hidden.</summary>
    [Fact]
    public void Unit_hides_nothing_by_which_the_program_recognizes_systemd() =>
        Assert.DoesNotContain("ProtectProc=", Unit, StringComparison.Ordinal);

    [Fact]
    public async Task Ready_is_sent_when_the_server_listens_and_stopping_when_the_drain_begins()
    {
        using var directory = new TemporaryDirectory();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "notify")));
        var handling = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("slow"),
            server => server.AddHandler("slow", listen => listen.Run(async connection =>
            {
                handling.SetResult();
                await finish.Task;
            })),
            services => AddNotifier(services, Path.Combine(directory.Path, "notify")));

        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        await using var client = await host.ConnectAsync();
        await handling.Task.Within();
        var stopping = host.StopInOrderAsync();
        Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
        Assert.False(stopping.IsCompleted); // The handler is still there.
        finish.SetResult();
        await stopping;
    }

    /// <summary>What AddSystemd adds in a process that systemd started, which this one is not.</summary>
    private static void AddNotifier(IServiceCollection services, string path)
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
        try
        {
            services.AddSingleton<ISystemdNotifier>(new SystemdNotifier());
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }

        services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(
            buffer, 0, await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().Within());
    }

    private static int Seconds(string name) => int.Parse(
        Unit.Split('\n').Single(line => line.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..].TrimEnd('s'),
        null);
}
