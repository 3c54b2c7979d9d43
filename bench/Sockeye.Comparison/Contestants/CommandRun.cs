using System.ComponentModel;
using System.Diagnostics;

namespace Sockeye.Comparison.Contestants;

/// <summary>Runs a command to its end.</summary>
internal static class CommandRun
{
    /// <returns>The last line that it said on standard error when it failed, else null.</returns>
    public static async Task<string?> RunAsync(
        string[] command, string folder, TimeSpan longest, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var timeout = new CancellationTokenSource(longest, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            return $"{command[0]}: {e.Message}";
        }

        using (process)
        {
            try
            {
                process.StandardInput.Close();
                var output = process.StandardOutput.ReadToEndAsync(both.Token);
                var error = await process.StandardError.ReadToEndAsync(both.Token);
                await output;
                await process.WaitForExitAsync(both.Token);
                return process.ExitCode == 0 ? null : LastLine(error) ?? $"{command[0]} ended with exit code {process.ExitCode}";
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return $"{command[0]} was not done after {longest.TotalMinutes:0} minutes";
            }
        }
    }

    private static string? LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
}
