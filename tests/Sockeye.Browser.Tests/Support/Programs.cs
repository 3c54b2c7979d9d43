using System.Diagnostics;

namespace Sockeye.Browser.Tests.Support;

/// <summary>Real programs as clients; a test that needs one which is not there is skipped.</summary>
internal static class Programs
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(120);

    public static void SkipUnlessThere(string program, string package)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(
            folders.Any(folder => File.Exists(Path.Combine(folder, program))),
            $"{program} is not installed here (apt-get install {package}).");
    }

    /// <summary>Runs it to its end, which must be a good one; gives what it printed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(WaitLimit, TimeProvider.System);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await error}{await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
