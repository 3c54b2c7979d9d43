using System.CommandLine;
using System.CommandLine.Completions;

namespace Sockeye.Cli;

/// <summary><c>sockeye help listen</c>: the same as <c>sockeye listen --help</c>.</summary>
internal static class HelpCommand
{
    public const string Examples = """
        Examples:
          sockeye help            the same as sockeye --help
          sockeye help listen     the same as sockeye listen --help

        Exit codes:
          0  done
          2  wrong use

        """;

    private static readonly Argument<string?> Name = new("command")
    {
        Description = "The command. Without one, the help is that of the tool.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources =
        {
            context => context.ParseResult.RootCommandResult.Command.Subcommands.Where(command => !command.Hidden)
                .Select(command => new CompletionItem(command.Name)),
        },
    };

    public static Command Create()
    {
        var command = new Command("help", "Print the help of a command.") { Name };
        command.SetAction(Print);
        return command;
    }

    private static int Print(ParseResult parsed)
    {
        var root = parsed.RootCommandResult.Command;
        var name = parsed.GetValue(Name);
        if (name is not null && root.Subcommands.All(command => command.Name != name))
            throw new CommandException(ExitCodes.WrongUse, WordSuggestion.DescribeCommand(root, name));
        return root.Parse(name is null ? ["--help"] : [name, "--help"]).Invoke(parsed.InvocationConfiguration);
    }
}
