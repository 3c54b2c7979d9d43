using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;
using Sockeye.Transports;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Hosting.Tests.Deployment;

/// <summary>The unit in docs/systemd.md, and the messages of a program to systemd.</summary>
[Collection("NOTIFY_SOCKET")] // A takeover reports to the socket of this variable.
public sealed class SystemdTests
{
    private static readonly string Unit = DocumentedBlocks.Read("systemd.md", "ini")[0];

    private static readonly string Upgrade = DocumentedBlocks.Read("systemd.md", "ini")
        .Single(block => block.Contains("ExecReload=", StringComparison.Ordinal));

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
            unit, Unit.Replace("ExecStart=/opt/orders/orders", $"ExecStart={program}", StringComparison.Ordinal) + "\n" + Upgrade,
            TestContext.Current.CancellationToken);

        var socket = Path.Combine(directory.Path, "orders.socket");
        await File.WriteAllTextAsync(
            socket,
            DocumentedBlocks.Read("systemd.md", "ini").Single(block => block.Contains("[Socket]", StringComparison.Ordinal)),
            TestContext.Current.CancellationToken);

        using var analyze = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", unit, socket])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var errors = analyze.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await analyze.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await analyze.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("orders.s", output + await errors, StringComparison.Ordinal); // Neither unit is mentioned.
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

    [Fact]
    public async Task Service_is_ready_reloads_on_a_signal_and_stops()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        using var directory = new TemporaryDirectory();
        using var systemd = Listen(directory);
        await using var host = await StartReadyServiceAsync(directory, systemd);

        using (SendReloadSignal())
            Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await ReceiveAsync(systemd), StringComparison.Ordinal);
        Assert.Equal("READY=1", await ReceiveAsync(systemd));

        await host.ChangeAndExpectRefusalAsync(TestHost.OneEndPoint("nobody"));
        using (SendReloadSignal())
        {
            // The end of the first reload may report the status before the second reload does.
            List<string> messages = [await ReceiveAsync(systemd), await ReceiveAsync(systemd), await ReceiveAsync(systemd)];
            var status = Assert.Single(messages, message => message.StartsWith("STATUS=", StringComparison.Ordinal));
            Assert.StartsWith("STATUS=The new configuration is refused: ", status, StringComparison.Ordinal);
            messages.Remove(status);
            Assert.StartsWith("RELOADING=1", messages[0], StringComparison.Ordinal);
            Assert.Equal("READY=1", messages[1]); // The service runs, with the previous configuration.
        }

        await host.StopInOrderAsync();
        Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
    }

    [Fact]
    public async Task Signal_during_a_reload_is_another_reload_after_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        using var directory = new TemporaryDirectory();
        using var systemd = Listen(directory);
        await using var host = await StartReadyServiceAsync(directory, systemd);
        var signals = 0;
        using var counting = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => Interlocked.Increment(ref signals));
        using var finish = new ManualResetEventSlim();
        using var blocking = host.Services.GetRequiredService<IConfiguration>().GetReloadToken()
            .RegisterChangeCallback(_ => finish.Wait(TestContext.Current.CancellationToken), null);

        using (SendReloadSignal())
            Assert.StartsWith("RELOADING=1", await ReceiveAsync(systemd), StringComparison.Ordinal);
        using (SendReloadSignal())
            await BoundedWait.Until(() => Volatile.Read(ref signals) == 2, "the second signal has arrived");
        finish.Set();

        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        Assert.StartsWith("RELOADING=1", await ReceiveAsync(systemd), StringComparison.Ordinal);
        Assert.Equal("READY=1", await ReceiveAsync(systemd));
    }

    [Fact]
    public async Task Listening_sockets_are_stored_before_the_service_is_ready()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        using var directory = new TemporaryDirectory();
        using var systemd = Listen(directory);
        await using var host = await StartServiceAsync(directory, options => options.StoreListeners = true);
        Assert.Equal("FDSTOREREMOVE=1\nFDNAME=sockeye-listener", await ReceiveAsync(systemd));
        var buffer = new byte[100];
        var length = DescriptorMessage.Receive(systemd, buffer, out var descriptors);
        Assert.Equal("FDSTORE=1\nFDNAME=sockeye-listener", Encoding.ASCII.GetString(buffer, 0, length));
        using var stored = ListeningDescriptor.Open(Assert.Single(descriptors));
        Assert.Equal(host.Server.EndPoints[0], stored.EndPoint);
        Assert.Equal("READY=1", await ReceiveAsync(systemd));

        // After the stop, clients wait in the queue of the stored socket.
        await host.StopInOrderAsync();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(stored.EndPoint, TestContext.Current.CancellationToken);
        await using var successor = await SocketTransport.Shared.BindAsync(
            new InheritedEndPoint([stored]), TestContext.Current.CancellationToken);
        await using var accepted = await successor.AcceptAsync(TestContext.Current.CancellationToken).AsTask().Within();
        Assert.NotNull(accepted);
    }

    [Fact]
    public async Task Store_of_an_unknown_size_keeps_no_connections_and_the_log_says_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        using var directory = new TemporaryDirectory();
        using var systemd = Listen(directory);
        await using var host = await StartServiceAsync(directory, options => options.StoreConnections = true);
        Assert.Contains("MaxStoredDescriptors", Assert.Single(host.Log.WithId(1714)).Message, StringComparison.Ordinal);
        await host.StopInOrderAsync();
        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        while (systemd.Available > 0)
            Assert.DoesNotContain("FDSTORE", await ReceiveAsync(systemd), StringComparison.Ordinal);
    }

    [Fact]
    public void Size_of_the_store_is_not_negative() => Assert.Throws<ArgumentOutOfRangeException>(
        nameof(SockeyeSystemdOptions.MaxStoredDescriptors), () => new SockeyeSystemdOptions { MaxStoredDescriptors = -1 });

    [Fact]
    public async Task Old_process_of_a_takeover_names_the_new_one_and_is_silent_then()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        using var directory = new TemporaryDirectory();
        using var systemd = Listen(directory);
        var json = $$"""
            { "Sockeye": { "Takeover": "{{directory.Path}}/t", "EndPoints": {
                "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } } }
            """;
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", Path.Combine(directory.Path, "notify"));
        try
        {
            await using var first = await TestHost.StartAsync(json, services: services => services.AddSockeyeSystemd());
            Assert.Equal("READY=1", await ReceiveAsync(systemd));
            Assert.Equal("STATUS=0 connections.", await ReceiveAsync(systemd));

            await using var second = await TestHost.StartAsync(json, services: services => services.AddSockeyeSystemd());

            Assert.Equal($"MAINPID={Environment.ProcessId}", await ReceiveAsync(systemd));
            Assert.Equal("READY=1", await ReceiveAsync(systemd));
            Assert.Equal("STATUS=0 connections.", await ReceiveAsync(systemd));
            await first.StopInOrderAsync();
            Assert.Equal(0, systemd.Available);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }
    }

    [Fact]
    public async Task Service_outside_systemd_does_nothing()
    {
        await using var host = await TestHost.StartAsync(
            TestHost.OneEndPoint("echo"), services: services => services.AddSockeyeSystemd());
        Assert.True(host.Hosted.IsRunning);
    }

    private static Socket Listen(TemporaryDirectory directory)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "notify")));
        return socket;
    }

    private static async Task<TestHost> StartServiceAsync(
        TemporaryDirectory directory, Action<SockeyeSystemdOptions>? configure = null)
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", Path.Combine(directory.Path, "notify"));
        try
        {
            return await TestHost.StartAsync(
                TestHost.OneEndPoint("echo"), services: services => services.AddSockeyeSystemd(configure));
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }
    }

    /// <summary>Starts the service, and receives its first reports.</summary>
    private static async Task<TestHost> StartReadyServiceAsync(TemporaryDirectory directory, Socket systemd)
    {
        var host = await StartServiceAsync(directory);
        Assert.Equal("READY=1", await ReceiveAsync(systemd));
        Assert.Equal("STATUS=0 connections.", await ReceiveAsync(systemd));
        return host;
    }

    private static Process SendReloadSignal() => Process.Start("kill", ["-HUP", $"{Environment.ProcessId}"]);

    /// <summary>What AddSystemd adds in a process that systemd started, which this one is not.</summary>
    private static void AddNotifier(IServiceCollection services, string path)
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
        try
        {
            services.AddSingleton<ISystemdNotifier>(new Microsoft.Extensions.Hosting.Systemd.SystemdNotifier());
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        }

        services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[1000];
        return Encoding.ASCII.GetString(
            buffer, 0, await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().Within());
    }

    private static int Seconds(string name) => int.Parse(
        Unit.Split('\n').Single(line => line.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..].TrimEnd('s'),
        null);
}
