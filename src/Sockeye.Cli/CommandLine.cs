using System.CommandLine;
using System.CommandLine.Help;

namespace Sockeye.Cli;

/// <summary>The tool as a whole: its commands, and how a command that fails ends.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new Command(
            "sockeye", "TCP servers and clients: listens, connects, and shows what a connection does, step by step.")
        {
            new HelpOption { Action = new HelpWithExamples(), Recursive = true },
            new VersionOption(),
            DemoCommand.Create(),
            ListenCommand.Create(),
            ConnectCommand.Create(),
            DoctorCommand.Create(),
        };

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine($"sockeye: {error.Message}");
            var command = parsed.CommandResult.Command;
            Console.Error.WriteLine($"Help: sockeye {(command == root ? "" : command.Name + " ")}--help");
            return ExitCodes.WrongUse;
        }

        try
        {
            // The commands see to signals themselves: the first one drains.
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (CommandException e)
        {
            Console.Error.WriteLine($"sockeye: {OptionWords.Of(e.Message)}");
            return e.ExitCode;
        }
    }
}
