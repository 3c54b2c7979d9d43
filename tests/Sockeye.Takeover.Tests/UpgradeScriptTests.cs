using System.Diagnostics;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests;

/// <summary>The shell script in docs/upgrade.md.</summary>
[Collection("descriptors")]
public sealed class UpgradeScriptTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Script_upgrades_and_writes_the_new_process_id(bool isUnderSystemd)
    {
        await using var world = new TakeoverWorld();
        using var old = TakeoverNode.Start("epoll", "0,0", world.Path);
        var ports = await old.GetPortsAsync();
        var pidFile = Path.Combine(world.Folder, "pid");
        if (!isUnderSystemd)
            await File.WriteAllTextAsync(pidFile, $"{old.Id}\n", Cancelled);

        Assert.Equal((0, ""), await RunScriptAsync(world, ports, isUnderSystemd ? old.Id : null));

        await old.Ended.WaitAsync(TestWait.Limit, Cancelled);
        Assert.Equal(0, old.ExitCode);
        using var next = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(pidFile, Cancelled), null));
        try
        {
            using var load = new EchoLoad(ports);
            await load.ConnectAsync(2);
            await TestWait.UntilAsync(() => load.Answers > 2);
            await load.EndAsync();
            Assert.Equal((0, 0, 0), (load.FailedConnects, load.Lost, load.Wrong));
        }
        finally
        {
            next.Kill();
        }
    }

    [Fact]
    public async Task Script_says_when_the_new_version_fails_and_the_old_one_serves()
    {
        await using var world = new TakeoverWorld();
        using var old = TakeoverNode.Start("epoll", "0,0", world.Path);
        var ports = await old.GetPortsAsync();

        var (exitCode, errors) = await RunScriptAsync(world, "no,ports", old.Id);

        Assert.Equal((1, $"The new version has ended, and process {old.Id} serves.\n"), (exitCode, errors));
        using var load = new EchoLoad(ports);
        await load.ConnectAsync(2);
        await TestWait.UntilAsync(() => load.Answers > 2);
        await load.EndAsync();
        Assert.False(old.HasExited);
    }

    private static async Task<(int ExitCode, string Errors)> RunScriptAsync(TakeoverWorld world, string ports, int? mainProcess)
    {
        var script = DocumentedText.ReadScript()
            .Replace("/run/app/pid", Path.Combine(world.Folder, "pid"), StringComparison.Ordinal)
            .Replace(
                "/opt/app/server >&3", $"dotnet {TakeoverNode.Program} epoll {ports} {world.Path} > /dev/null 2>&1",
                StringComparison.Ordinal);
        var path = Path.Combine(world.Folder, "upgrade.sh");
        await File.WriteAllTextAsync(path, script, Cancelled);
        var start = new ProcessStartInfo("sh", [path]) { RedirectStandardError = true };
        start.Environment.Remove("MAINPID");
        if (mainProcess is { } id)
            start.Environment["MAINPID"] = $"{id}";
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync(Cancelled).WaitAsync(TestWait.Limit, Cancelled);
        await process.WaitForExitAsync(Cancelled).WaitAsync(TestWait.Limit, Cancelled);
        return (process.ExitCode, errors);
    }
}
