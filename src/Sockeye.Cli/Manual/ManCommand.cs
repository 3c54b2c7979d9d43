using System.CommandLine;
using System.CommandLine.Completions;

namespace Sockeye.Cli;

/// <summary><c>sockeye man</c>: the manual page of a command, for <c>man</c>.</summary>
internal static class ManCommand
{
    public const string Examples = """
        Examples:
          sockeye man | man -l -          the page of the tool
          sockeye man listen | man -l -   the page of a command
          sockeye man listen > sockeye-listen.1

        The pages of all commands are sockeye(1), sockeye-listen(1), and so on. The
        Debian package installs them.

        Exit codes:
          0  done
          2  wrong use

        """;

    private static readonly Argument<string?> Name = new("command")
    {
        Description = "The command. Without one, the page is that of the tool.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { context => PagesOf(context.ParseResult).Select(page => new CompletionItem(page.Name)) },
    };

    /// <param name="getNotes">Returns the text that follows the options in the help of a command.</param>
    public static Command Create(Func<Command, string> getNotes)
    {
        var command = new Command("man", "Print the manual page of a command.") { Name };
        command.SetAction(parsed => Print(parsed, getNotes));
        return command;
    }

    private static int Print(ParseResult parsed, Func<Command, string> getNotes)
    {
        var (root, name) = (parsed.RootCommandResult.Command, parsed.GetValue(Name));
        var pages = PagesOf(parsed).ToList();
        var command = name is null ? root : pages.Find(page => page.Name == name) ?? throw new CommandException(
            ExitCodes.WrongUse, $"\"{name}\" is not a command. There are: {string.Join(", ", pages.Select(page => page.Name))}.");
        Console.Out.Write(new ManualPage(root, command, HelpNotes.Parse(getNotes(command))).Write());
        return ExitCodes.Done;
    }

    private static IEnumerable<Command> PagesOf(ParseResult parsed) =>
        parsed.RootCommandResult.Command.Subcommands.Where(command => !command.Hidden);
}
