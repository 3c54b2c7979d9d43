using System.Diagnostics;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Diagnostics;

/// <summary>What Wireshark makes of a file. The test is skipped where tshark is not installed.</summary>
internal static class Tshark
{
    private const string Program = "/usr/bin/tshark";

    /// <summary>Warnings and errors of its experts, doubts about the TCP stream, and checksums that are wrong.</summary>
    private const string Complaints =
        "_ws.malformed || _ws.expert.severity >= 0x600000 || tcp.analysis.flags || tcp.checksum.status == 0 "
            + "|| ip.checksum.status == 0";

    public static void SkipIfMissing() => Assert.SkipUnless(
        File.Exists(Program), "tshark is not installed: 'apt-get install tshark' lets this test run.");

    public static async Task<string[]> RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program,
            ["-r", file, "-n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).Within();
        Assert.True(process.ExitCode == 0, $"tshark ended with {process.ExitCode}: {await errors}");
        return [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim())];
    }

    /// <summary>The columns of the frames that pass a display filter.</summary>
    public static Task<string[]> FieldsAsync(string file, string filter, string[] fields, params string[] arguments)
    {
        var columns = fields.SelectMany(field => (string[])["-e", field]);
        return RunAsync(file, ["-Y", filter, "-T", "fields", "-E", "separator= ", .. columns, .. arguments]);
    }

    public static async Task AssertNothingIsWrongAsync(string file, params string[] arguments) =>
        Assert.Empty(await RunAsync(file, ["-Y", Complaints, .. arguments]));
}
