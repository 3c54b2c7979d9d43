using System.ComponentModel;
using System.Diagnostics;

namespace Sockeye.Cli;

/// <summary>Reads the output of another program, such as <c>systemctl</c>.</summary>
internal static class ProgramOutput
{
    // A service manager that hangs must not stop the report.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Returns the standard output; empty if there is no such program, or it does not end in time.</summary>
    public static async Task<string> ReadAsync(TimeProvider time, string program, params IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                CreateNoWindow = true,
            })!;
            process.StandardInput.Close();
            process.BeginErrorReadLine(); // Otherwise, many lines of errors would block it.
            using var timeout = new CancellationTokenSource(Timeout, time);
            try
            {
                return await process.StandardOutput.ReadToEndAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                return "";
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return ""; // It does not exist, as in a container.
        }
    }
}
