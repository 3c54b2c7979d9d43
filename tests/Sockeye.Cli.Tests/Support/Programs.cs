using System.Diagnostics;

namespace Sockeye.Cli.Tests.Support;

/// <summary>Real programs as peers; a test that needs one which is not there is skipped.</summary>
public static class Programs
{
    public static void SkipUnlessThere(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, program))))
            Assert.Skip($"{program} is not installed here.");
    }

    public static void SkipUnlessLinux(string why)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip($"Only Linux has {why}.");
    }

    public static async Task SkipUnlessIoUringAsync()
    {
        SkipUnlessLinux("io_uring");
        if (!(await ToolProcess.RunAsync(["doctor", "--json"])).Text.Contains("\"value\": \"allowed\"", StringComparison.Ordinal))
            Assert.Skip("The system does not allow io_uring.");
    }

    /// <summary>Runs it with this as standard input, and answers its standard output.</summary>
    public static async Task<byte[]> RunAsync(string program, string[] arguments, byte[] input)
    {
        SkipUnlessThere(program);
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            using var output = new MemoryStream();
            var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
            await process.StandardInput.BaseStream.WriteAsync(input).AsTask().WaitAsync(ToolProcess.Patience);
            process.StandardInput.Close();
            await reading.WaitAsync(ToolProcess.Patience);
            await process.WaitForExitAsync().WaitAsync(ToolProcess.Patience);
            return output.ToArray();
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
