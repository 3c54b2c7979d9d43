using System.Diagnostics;
using System.Globalization;

namespace Sockeye.Tests.Systemd;

/// <summary>The variables of sd_listen_fds(3): for this process only, and refused with their name if they are invalid.</summary>
public sealed class ListenVariablesTests
{
    [Theory]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=2 LISTEN_FDNAMES=web:admin", "web admin")]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=2", "unknown unknown")]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=2 LISTEN_FDNAMES=web:", "web unknown")]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=0", "")]
    [InlineData("LISTEN_PID=41 LISTEN_FDS=2", "")]
    [InlineData("LISTEN_FDS=2", "")]
    [InlineData("LISTEN_PID=42", "")]
    [InlineData("LISTEN_PID=42 LISTEN_PIDFDID=7 LISTEN_FDS=1 LISTEN_FDNAMES=web", "web")]
    [InlineData("LISTEN_PID=42 LISTEN_PIDFDID=8 LISTEN_FDS=1 LISTEN_FDNAMES=web", "")]
    [InlineData("LISTEN_PID=42 LISTEN_PIDFDID= LISTEN_FDS=1 LISTEN_FDNAMES=web", "web")]
    [InlineData("", "")]
    public void Names_are_those_of_the_descriptors_of_this_process(string variables, string names) =>
        Assert.Equal(names, string.Join(' ', ListenVariables.Parse(Of(variables), 42, () => 7)));

    [Fact]
    public void Inode_is_not_compared_where_the_kernel_gives_none() => Assert.Equal(
        ["web"],
        ListenVariables.Parse(Of("LISTEN_PID=42 LISTEN_PIDFDID=8 LISTEN_FDS=1 LISTEN_FDNAMES=web"), 42, () => null));

    /// <summary>Another process sees the same inode.</summary>
    [Fact]
    public async Task Inode_is_that_of_the_pidfd_of_this_process()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        Assert.SkipUnless(ProcessIdentity.Read() is not null, "Pidfds have inodes since Linux 6.9.");
        using var python = Process.Start(new ProcessStartInfo(
            "python3", ["-c", $"import os; print(os.fstat(os.pidfd_open({Environment.ProcessId})).st_ino)"])
        {
            RedirectStandardOutput = true,
        })!;
        var inode = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ProcessIdentity.Read(), ulong.Parse(inode, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=two", "LISTEN_FDS is \"two\"")]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=-1", "LISTEN_FDS is \"-1\"")]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=99999999", "a number from 0 to 65536")]
    [InlineData("LISTEN_PID=me LISTEN_FDS=1", "LISTEN_PID is \"me\"")]
    [InlineData("LISTEN_PID=42 LISTEN_PIDFDID=me LISTEN_FDS=1", "LISTEN_PIDFDID is \"me\"")]
    [InlineData("LISTEN_PID=42 LISTEN_FDS=2 LISTEN_FDNAMES=web", "LISTEN_FDNAMES has 1 names, but LISTEN_FDS is 2")]
    public void Invalid_variable_is_named(string variables, string error) => Assert.Contains(
        error, Assert.Throws<InvalidOperationException>(() => ListenVariables.Parse(Of(variables), 42, () => 7)).Message,
        StringComparison.Ordinal);

    private static Func<string, string?> Of(string variables)
    {
        var all = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=')).ToDictionary(parts => parts[0], parts => parts[1]);
        return all.GetValueOrDefault;
    }
}
