using System.Globalization;
using System.Text.Json;
using Sockeye.Cli.Tests.Attacks;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Doctor;

/// <summary><c>sockeye doctor --pid</c>.</summary>
public sealed class DoctorProcessTests
{
    [Fact]
    public async Task Running_server_has_its_own_limits_and_listeners()
    {
        Programs.SkipUnlessLinux("/proc");
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder(TestEnvironment.WithDescriptors(777), "listen", "127.0.0.1:0", "--echo"));

        var result = await ToolProcess.RunAsync(["doctor", "--pid", server.Id.ToString(CultureInfo.InvariantCulture), "--json"]);

        var findings = new DoctorFindings(JsonDocument.Parse(result.Text).RootElement.GetProperty("findings"));
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"^\d+ of 777 in use", findings.Of("descriptors", "problem"));
        Assert.Matches(@"^0 of [\d,]+ to accept, 0 dropped$", findings.Of($"listener {server.EndPoint}", "ok"));
        Assert.NotNull(findings.Find("seccomp"));
    }

    [Fact]
    public async Task Process_that_does_not_run_is_a_failure()
    {
        Programs.SkipUnlessLinux("/proc");
        var result = await ToolProcess.RunAsync(["doctor", "--pid", "2000000000"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("sockeye: process 2000000000 does not run.", Assert.Single(result.Errors));
    }

    [Fact]
    public async Task Name_that_a_process_gives_itself_is_escaped()
    {
        Programs.SkipUnlessLinux("/proc");
        await using var program = ToolProcess.StartUnder("""printf 'a\033[2Jb' > /proc/$$/comm; echo ready >&2; read line""");
        await program.WaitForErrorAsync("ready");

        var result = await ToolProcess.RunAsync(["doctor", "--pid", program.Id.ToString(CultureInfo.InvariantCulture)]);

        Assert.Matches($@"^ok +process +{program.Id} a\\x1B\[2Jb\n", result.Text);
    }

    [Fact]
    public async Task Process_with_another_network_says_where_its_sockets_are_shown()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        await network.IpAsync("link", "set", "lo", "up");
        await using var server = await ToolProcess.ReadyAsync(ToolProcess.StartUnder(
            $"""exec ip netns exec {network.Name} "$0" "$@" """, "listen", "127.0.0.1:0", "--echo"));

        var result = await ToolProcess.RunAsync(["doctor", "--pid", server.Id.ToString(CultureInfo.InvariantCulture), "--json"]);

        var findings = new DoctorFindings(JsonDocument.Parse(result.Text).RootElement.GetProperty("findings"));
        Assert.Equal("unknown", findings.Of("listeners", "note"));
        Assert.Contains($"nsenter --target {server.Id} --net", findings.ExplanationOf("listeners"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remedies_are_written_as_a_file_of_sysctl()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var result = await ToolProcess.RunAsync(["doctor", "--write", file]);

            Assert.Contains(result.Errors, line => line.StartsWith(file, StringComparison.Ordinal));
            Assert.Equal(result.ExitCode, (await ToolProcess.RunAsync(["doctor", "--write", file])).ExitCode); // It is its own.
            Assert.All(File.ReadAllLines(file), line => Assert.Matches(@"^(#.*|[a-z0-9_.]+ = [0-9, -]+|)$", line));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task File_of_someone_else_is_not_overwritten()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await File.WriteAllTextAsync(file, "net.ipv4.ip_forward = 1\n", TestContext.Current.CancellationToken);
            var refused = await ToolProcess.RunAsync(["doctor", "--write", file]);

            Assert.Equal(1, refused.ExitCode);
            Assert.Contains(refused.Errors, line => line.Contains("is not one of this command", StringComparison.Ordinal));
            Assert.Equal("net.ipv4.ip_forward = 1\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task File_that_cannot_be_written_is_a_failure_that_names_it()
    {
        var result = await ToolProcess.RunAsync(["doctor", "--write", "/no/such/folder/file.conf"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains("--write /no/such/folder/file.conf", StringComparison.Ordinal));
    }
}
