using System.CommandLine;
using System.ComponentModel;

namespace Sockeye.Comparison.CommandLine;

/// <summary>A program that measures, from its arguments to its exit code.</summary>
internal static class ProgramRun
{
    /// <summary>Runs the command that the arguments name. Errors that a user can mend are a sentence on standard error.</summary>
    /// <param name="name">The name of the program.</param>
    /// <param name="root">Its commands.</param>
    /// <param name="args">The arguments.</param>
    public static async Task<int> RunAsync(string name, Command root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine($"{name}: {error.Message}");
            Console.Error.WriteLine($"Help: {name} --help");
            return ExitCodes.WrongUse;
        }

        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or PlatformNotSupportedException or Win32Exception
                or TimeoutException or RunException)
        {
            Console.Error.WriteLine($"{name}: {e.Message}");
            return ExitCodes.Failed;
        }
    }
}
