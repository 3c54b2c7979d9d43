using System.CommandLine;
using System.CommandLine.Help;

namespace Sockeye.Cli;

/// <summary>The tool: its commands, and the handling of errors.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var errors = new ErrorLines();
        var exitCode = args.Length == 0 ? ShowHelp() : await RunAsync(CreateRoot().Parse(args), args, errors);
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
        BenchCommand.Create(),
        DoctorCommand.Create(),
        TopCommand.Create(),
        CompletionCommand.Create(),
        ManCommand.Create(HelpWithExamples.GetNotes),
        HelpCommand.Create(),
        SuggestCommand.Create(),
    };

    /// <summary>
    /// The help, for a user who typed only the name of the tool. It is on standard error with exit code 2, because a script that
    /// gives no command has made a mistake, and its reader of standard output expects data.
    /// </summary>
    private static int ShowHelp()
    {
        CreateRoot().Parse(["--help"]).Invoke(new() { Output = Console.Error });
        return ExitCodes.WrongUse;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string[] args, ErrorLines errors)
    {
        if (parsed.Errors.Count > 0)
        {
            var command = parsed.CommandResult.Command;
            var isUnknown = !command.Parents.Any() && !args[0].StartsWith('-');
            foreach (var message in isUnknown
                ? [WordSuggestion.DescribeCommand(command, args[0])]
                : parsed.Errors.Select(error => error.Message))
                errors.WriteFailure(message);
            if (WordSuggestion.DescribeOptions(command, args) is { } suggestion)
                errors.WriteLine(suggestion);
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
