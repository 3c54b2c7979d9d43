using System.Diagnostics;
using System.Net.Sockets;

namespace Sockeye.Cli.Tests.Support;

/// <summary>Other programs as peers. A test is skipped if its program is not installed.</summary>
public static class Programs
{
    public static void SkipUnlessThere(string program)
    {
        if (Find(program) is null)
            Assert.Skip($"{program} is not installed here.");
    }

    public static string PathOf(string program) => Find(program) ?? program;

    public static void SkipUnlessLinux(string why)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip($"Only Linux has {why}.");
    }

    public static void SkipUnlessUnixSockets() =>
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This system has no Unix sockets.");

    public static async Task SkipUnlessIoUringAsync()
    {
        SkipUnlessLinux("io_uring");
        if (!(await ToolProcess.RunAsync(["doctor", "--json"])).Text.Contains("\"value\": \"allowed\"", StringComparison.Ordinal))
            Assert.Skip("The system does not allow io_uring.");
    }

    /// <summary>Runs the program with this as standard input, and returns its standard output.</summary>
    public static async Task<byte[]> RunAsync(string program, string[] arguments, byte[] input) =>
        (await ResultAsync(program, arguments, input)).Output;

    /// <summary>Runs the program to its end, with this as standard input.</summary>
    public static async Task<ToolResult> ResultAsync(string program, string[] arguments, byte[] input)
    {
        SkipUnlessThere(program);
        using var process = Process.Start(new ProcessStartInfo(PathOf(program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            using var output = new MemoryStream();
            var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
            var errors = process.StandardError.ReadToEndAsync();
            await WriteAsync(process, input);
            await reading.WaitAsync(ToolProcess.DefaultTimeout);
            await process.WaitForExitAsync().WaitAsync(ToolProcess.DefaultTimeout);
            return new(process.ExitCode, output.ToArray(), (await errors).Split('\n'));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static async Task WriteAsync(Process process, byte[] input)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input).AsTask().WaitAsync(ToolProcess.DefaultTimeout);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program has ended without reading all of its input, as a client whose connection is refused.
        }
    }

    /// <summary>Servers are in folders that are by default only on the path of root.</summary>
    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
