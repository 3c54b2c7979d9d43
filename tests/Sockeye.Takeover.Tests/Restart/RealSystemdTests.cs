using System.Runtime.Versioning;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>The units of docs/systemd.md in systemd itself: restart, upgrade, stop and crash of a service under load.</summary>
[Collection("descriptors"), UnsupportedOSPlatform("windows")]
public sealed class RealSystemdTests
{
    private const int Clients = 40;
    private const string Unit = "orders.service";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restart_keeps_listeners_and_connections()
    {
        await using var world = new TakeoverWorld();
        await using var systemd = await StartAsync(world);
        var ports = await StartServiceAsync(world, systemd);
        using var load = new EchoLoad(ports);
        await load.ConnectAsync(Clients);
        load.Visit();
        for (var i = 0; i < 3; i++)
        {
            var answers = load.Answers;
            await TestWait.UntilAsync(() => load.Answers > answers + Clients);
            var process = systemd.Show(Unit, "MainPID");
            Assert.Equal((0, ""), systemd.Control("restart", Unit));
            Assert.NotEqual(process, systemd.Show(Unit, "MainPID"));
            Assert.Equal("2", systemd.Show(Unit, "NFileDescriptorStore")); // The listeners.
        }

        await load.EndAsync();
        Assert.True((load.FailedConnects, load.Lost, load.Wrong) == (0, 0, 0), await ReadLogAsync(world));
    }

    /// <summary>The new process is the main one, whose connections a restart then keeps.</summary>
    [Fact]
    public async Task Reload_upgrades_and_a_restart_follows()
    {
        await using var world = new TakeoverWorld();
        await using var systemd = await StartAsync(world);
        var ports = await StartServiceAsync(world, systemd);
        using var load = new EchoLoad(ports);
        await load.ConnectAsync(Clients);
        load.Visit();
        foreach (var verb in (string[])["reload", "reload", "restart"])
        {
            var answers = load.Answers;
            await TestWait.UntilAsync(() => load.Answers > answers + Clients);
            var process = systemd.Show(Unit, "MainPID");
            Assert.Equal((0, ""), systemd.Control(verb, Unit));
            Assert.NotEqual(process, systemd.Show(Unit, "MainPID"));
            Assert.Equal("active", systemd.Show(Unit, "ActiveState"));
        }

        await load.EndAsync();
        Assert.True((load.FailedConnects, load.Lost, load.Wrong) == (0, 0, 0), await ReadLogAsync(world));
        Assert.Equal("0", systemd.Show(Unit, "NRestarts"));
    }

    [Fact]
    public async Task Stop_ends_the_connections_and_a_crash_does_while_new_clients_wait()
    {
        await using var world = new TakeoverWorld();
        await using var systemd = await StartAsync(world);
        var ports = await StartServiceAsync(world, systemd);
        using var load = new EchoLoad(ports);
        await load.ConnectAsync(Clients);
        await TestWait.UntilAsync(() => load.Answers > Clients);
        Assert.Equal((0, ""), systemd.Control("kill", "--kill-who=main", "--signal=KILL", Unit));
        await TestWait.UntilAsync(() => load.Lost == Clients);

        using var later = new EchoLoad(ports);
        await later.ConnectAsync(Clients); // While systemd restarts it.
        await TestWait.UntilAsync(() => later.Answers > Clients);
        Assert.Equal((0, 0, 0), (later.FailedConnects, later.Lost, later.Wrong));
        Assert.Equal("1", systemd.Show(Unit, "NRestarts"));

        Assert.Equal((0, ""), systemd.Control("stop", Unit));
        await TestWait.UntilAsync(() => later.Lost == Clients);
        Assert.Equal("0", systemd.Show(Unit, "NFileDescriptorStore"));
        await load.EndAsync();
        await later.EndAsync();
        Assert.Equal(0, load.Wrong + later.Wrong);
    }

    /// <summary>Writes the units, and starts systemd.</summary>
    private static async Task<RealSystemd> StartAsync(TakeoverWorld world)
    {
        var drops = Directory.CreateDirectory(Path.Combine(world.Folder, "units", $"{Unit}.d")).FullName;
        var script = Path.Combine(world.Folder, "upgrade.sh");
        var program = $"{FindDotnet()} {RestartService.Program} epoll 0,0 400";
        await File.WriteAllTextAsync(
            script, DocumentedText.ReadScript()
                .Replace("/run/app/pid", "/run/orders/pid", StringComparison.Ordinal)
                .Replace("/opt/app/server", program, StringComparison.Ordinal),
            Cancelled);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(drops, "..", Unit), DocumentedText.ReadUnit("ExecStart="), Cancelled);
        await File.WriteAllTextAsync(
            Path.Combine(drops, "upgrade.conf"),
            DocumentedText.ReadUnit("ExecReload=").Replace("/opt/orders/upgrade.sh", script, StringComparison.Ordinal),
            Cancelled);
        // What differs: the program, that it and the script are in folders that the unit hides, and the time of a start on a
        // machine that is busy with other work.
        await File.WriteAllTextAsync(
            Path.Combine(drops, "test.conf"),
            $"""
            [Service]
            ExecStart=
            ExecStart={program}
            WorkingDirectory=/
            FileDescriptorStoreMax=400
            DynamicUser=no
            ProtectHome=no
            PrivateTmp=no
            RestartSec=100ms
            TimeoutStartSec=180s
            StandardOutput=append:{world.Folder}/log
            StandardError=append:{world.Folder}/log
            """, Cancelled);
        return await RealSystemd.StartAsync(world.Folder);
    }

    private static async Task<string> StartServiceAsync(TakeoverWorld world, RealSystemd systemd)
    {
        var (exitCode, output) = systemd.Control("start", Unit);
        Assert.True(exitCode == 0, output + await ReadLogAsync(world));
        var ports = "";
        // It prints them when it has reported that it is ready.
        await TestWait.UntilAsync(() => (ports = File.ReadLines(Path.Combine(world.Folder, "log"))
            .FirstOrDefault(line => line.StartsWith("listening ", StringComparison.Ordinal))?.Split(' ')[1] ?? "").Length > 0);
        return ports;
    }

    private static async Task<string> ReadLogAsync(TakeoverWorld world) =>
        Path.Combine(world.Folder, "log") is var path && File.Exists(path) ? await File.ReadAllTextAsync(path, Cancelled) : "";

    private static string FindDotnet() => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
        ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "dotnet"))
            .First(File.Exists);
}
