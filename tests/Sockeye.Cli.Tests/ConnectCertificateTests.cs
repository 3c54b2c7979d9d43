using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye connect --certificates</c>.</summary>
public sealed class ConnectCertificateTests : IDisposable
{
    private readonly AuthorityFiles _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Certificates_are_printed_with_their_names_days_and_fingerprints()
    {
        var files = _authority.Issue("localhost");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", files.Certificate, "--key", files.Key);

        var result = await ToolProcess.RunAsync(
            ["connect", $"localhost:{server.Port}", "--certificates", "--ca", _authority.CertificateFile]);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches("^certificate 1 of [12]: CN=localhost", result.Text);
        Assert.Contains("  names:       localhost\n", result.Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("  days left:   0\n", result.Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Matches("  fingerprint: ([0-9A-F]{2}:){31}[0-9A-F]{2} ", result.Text);
        Assert.EndsWith("result: accepted", result.Text.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_that_is_refused_is_printed_with_the_reason_and_exit_1()
    {
        var files = _authority.IssueExpired("localhost");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", files.Certificate, "--key", files.Key);

        var result = await ToolProcess.RunAsync(
            ["connect", $"localhost:{server.Port}", "--certificates", "--ca", _authority.CertificateFile]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("  days left:   -1", result.Text, StringComparison.Ordinal);
        Assert.Matches("result: refused: .* expired on ", result.Text);
        Assert.Empty(result.Errors);
    }
}
