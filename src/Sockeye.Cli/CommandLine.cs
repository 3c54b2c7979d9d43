using System.CommandLine;
using System.CommandLine.Help;

namespace Sockeye.Cli;

/// <summary>The tool: its commands, and the handling of errors.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var errors = new ErrorLines();
        var exitCode = await RunAsync(CreateRoot().Parse(args), errors);
        return errors.Report(StandardOutput.Instance.Shortfall) is ExitCodes.Done ? exitCode : ExitCodes.Failed;
    }

    /// <summary>Creates all commands with all of their options.</summary>
    public static Command CreateRoot() => new(
        "sockeye", "TCP servers and clients: listens, connects, and shows what a connection does, step by step.")
    {
        new HelpOption { Action = new HelpWithExamples(), Recursive = true },
        new VersionOption(),
        DemoCommand.Create(),
        ListenCommand.Create(),
        ConnectCommand.Create(),
        DoctorCommand.Create(),
        CompletionCommand.Create(),
        ManCommand.Create(HelpWithExamples.GetNotes),
        SuggestCommand.Create(),
    };

    private static async Task<int> RunAsync(ParseResult parsed, ErrorLines errors)
    {
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                errors.WriteFailure(error.Message);
            var command = parsed.CommandResult.Command;
            errors.WriteLine($"Help: sockeye {(command.Parents.Any() ? command.Name + " " : "")}--help");
            return ExitCodes.WrongUse;
        }

        try
        {
            // The commands handle signals themselves: the first signal drains.
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (CommandException e)
        {
            errors.WriteFailure(e.Message);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            errors.WriteFailure($"this is a fault of the tool; please report it: {e.GetType().Name}: {e.Message}");
            foreach (var frame in (e.StackTrace ?? "").Split('\n'))
                errors.WriteLine(frame.TrimEnd());
            return ExitCodes.Failed;
        }
    }
}
