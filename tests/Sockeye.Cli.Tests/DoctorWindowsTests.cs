using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>The findings of Windows: what they say, and that each system has its own only.</summary>
public sealed class DoctorWindowsTests
{
    private const string English = """

        Protocol tcp Dynamic Port Range
        ---------------------------------
        Start Port      : 49152
        Number of Ports : 16384

        """;

    private const string German = """

        Dynamischer Portbereich für Protokoll "tcp"
        ---------------------------------
        Startport     : 49152
        Anzahl von Ports: 1000

        """;

    [Fact]
    public void Default_range_of_ports_is_fine()
    {
        var finding = WindowsFindings.LocalPorts(English)!;

        Assert.Equal(("49152 to 65535", FindingSeverity.Ok), (finding.Value, finding.Verdict));
    }

    [Fact]
    public void Small_range_of_ports_is_a_note_with_a_remedy_in_any_language()
    {
        var finding = WindowsFindings.LocalPorts(German)!;

        Assert.Equal(("49152 to 50151", FindingSeverity.Note), (finding.Value, finding.Verdict));
        Assert.Contains("1,000 connections", finding.Explanation, StringComparison.Ordinal);
        Assert.Contains("netsh int ipv4 set dynamicport tcp", finding.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("The service is not running.")]
    public void Output_without_the_two_numbers_is_no_finding(string output) => Assert.Null(WindowsFindings.LocalPorts(output));

    [Fact]
    public void Delay_of_the_registry_is_named()
    {
        Assert.Equal("30 s (TcpTimedWaitDelay)", WindowsFindings.TimeWait(30).Value);
        Assert.Contains("no TcpTimedWaitDelay", WindowsFindings.TimeWait(null).Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_system_has_its_own_findings_only()
    {
        string[] windows = ["  handles ", "  backlog ", "  TIME-WAIT "];
        string[] unix = ["descriptors ", "ulimit", "net.core.somaxconn", "sysctl"];
        var result = await ToolProcess.RunAsync(["doctor"]);
        var (here, elsewhere) = OperatingSystem.IsWindows() ? (windows, unix) : (unix[..1], windows);

        Assert.All(here, name => Assert.Contains(name, result.Text, StringComparison.Ordinal));
        Assert.All(elsewhere, name => Assert.DoesNotContain(name, result.Text, StringComparison.Ordinal));
    }
}
