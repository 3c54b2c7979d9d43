using System.Diagnostics;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>systemd itself, as process 1 of namespaces, with units of its own folder only. Needs root.</summary>
/// <remarks>It sees the files and the network of the machine, but only its own processes, its own /run and /var/lib, and one
/// control group. It cannot change /etc and the settings of the kernel.</remarks>
internal sealed class RealSystemd : IAsyncDisposable
{
    private const string Program = "/lib/systemd/systemd";

    /// <summary>The control group of the manager is a new one, so that systemd moves no process of the machine.</summary>
    private const string Enter = """
        set -e
        mount --make-rprivate /
        mkdir -p "$FOLDER/cgroup"
        mount -t cgroup2 none "$FOLDER/cgroup"
        mkdir "$FOLDER/cgroup/$GROUP"
        echo $$ > "$FOLDER/cgroup/$GROUP/cgroup.procs"
        exec unshare --cgroup --pid --fork --kill-child --ipc --uts --mount sh -c "$START"
        """;

    private const string Start = """
        set -e
        umount "$FOLDER/cgroup"
        mount -t proc none /proc
        for folder in /etc /proc/sys; do
          mount --bind "$folder" "$folder"
          mount -o remount,bind,ro "$folder"
        done
        mount -t tmpfs none /var/lib
        mount -t tmpfs none /run
        mkdir -p /run/systemd /run/lock
        mount -t tmpfs none /lib/systemd/system-generators
        mount -t cgroup2 none /sys/fs/cgroup
        export container=sockeye SYSTEMD_UNIT_PATH="$FOLDER/units"
        exec /lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=no
        """;

    private const string RemoveGroup = """
        mount --make-rprivate /
        mount -t cgroup2 none "$FOLDER/cgroup"
        find "$FOLDER/cgroup/$GROUP" -depth -type d -exec rmdir {} +
        """;

    private readonly string _folder;
    private readonly string _group;
    private readonly Process _process;

    private RealSystemd(string folder)
    {
        (_folder, _group) = (folder, $"sockeye-{Path.GetFileName(folder)}");
        _process = Run(Enter);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Starts it, with the units in the folder "units" of the given one.</summary>
    public static async Task<RealSystemd> StartAsync(string folder)
    {
        foreach (var program in (string[])[Program, "/usr/bin/unshare", "/usr/bin/nsenter", "/usr/bin/systemctl"])
            Assert.SkipUnless(File.Exists(program), $"{program} is not installed here (apt-get install systemd util-linux).");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "systemd in namespaces needs root.");
        foreach (var target in (string[])["sysinit", "basic", "shutdown"])
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, "units", $"{target}.target"), "[Unit]\nDefaultDependencies=no\n", Cancelled);
        }

        var systemd = new RealSystemd(folder);
        await TestWait.UntilAsync(
            () => systemd.Control("is-system-running").Output.Trim() is "running" or "degraded",
            () => $"systemd does not start: {systemd.Control("is-system-running").Output}");
        return systemd;
    }

    /// <summary>Runs systemctl.</summary>
    public (int ExitCode, string Output) Control(params string[] arguments)
    {
        if (_process.HasExited)
            return (_process.ExitCode, _process.StandardError.ReadToEnd());
        // unshare has one child: the first process of the namespaces.
        var child = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Trim();
        if (child.Length == 0)
            return (-1, "unshare has not started it yet");
        using var control = Process.Start(new ProcessStartInfo(
            "nsenter", ["--target", child, "--mount", "--pid", "systemctl", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = control.StandardError.ReadToEndAsync(Cancelled);
        var output = control.StandardOutput.ReadToEnd();
        control.WaitForExit();
        return (control.ExitCode, output + errors.Result);
    }

    /// <summary>Returns a property of a unit.</summary>
    public string Show(string unit, string property) => Control("show", "--value", "--property", property, unit).Output.Trim();

    public async ValueTask DisposeAsync()
    {
        _process.Kill(); // The kernel ends its children with it.
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        await TestWait.UntilAsync(() =>
        {
            using var removing = Run(RemoveGroup);
            removing.WaitForExit();
            return removing.ExitCode == 0;
        });
    }

    private Process Run(string script) => Process.Start(new ProcessStartInfo("unshare", ["--mount", "sh", "-c", script])
    {
        RedirectStandardError = true,
        Environment = { ["FOLDER"] = _folder, ["GROUP"] = _group, ["START"] = Start },
    })!;
}
