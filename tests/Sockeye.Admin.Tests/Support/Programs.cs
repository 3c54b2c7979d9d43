using System.Diagnostics;

namespace Sockeye.Admin.Tests.Support;

/// <summary>Real programs; a test that needs one which is not there is skipped.</summary>
internal static class Programs
{
    public static Process Start(string program, string package, params string[] arguments)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(
            folders.Any(folder => File.Exists(Path.Combine(folder, program))),
            $"{program} is not installed here (apt-get install {package}).");
        return Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
