using System.Diagnostics;
using System.Text.RegularExpressions;
using Sockeye.Transport.Tests.Sockets;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>The streams of <see cref="EngineStreamTests"/> once more, in processes whose garbage collector works
/// otherwise.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed partial class CollectorTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("1", null)]
    [InlineData("0", "40000")] // Hexadecimal, 256 KiB: collections all the time.
    public async Task Streams_are_whole_whatever_the_collector_does(string server, string? youngest)
    {
        var start = new ProcessStartInfo(
            "dotnet", [typeof(CollectorTests).Assembly.Location, "-class", $"*.{nameof(EngineStreamTests)}", "-noColor"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_gcServer"] = server;
        start.Environment["DOTNET_GCgen0size"] = youngest;
        using var process = Process.Start(start)!;
        using var waitLimit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        waitLimit.CancelAfter(WaitLimit);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(waitLimit.Token);
            await process.WaitForExitAsync(waitLimit.Token);
            Assert.True(process.ExitCode == 0, output);
            Assert.Matches(Passed(), output);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    [GeneratedRegex("Total: [1-9][0-9]*, Errors: 0, Failed: 0")]
    private static partial Regex Passed();
}
