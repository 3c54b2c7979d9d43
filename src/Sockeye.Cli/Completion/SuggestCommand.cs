using System.CommandLine;

namespace Sockeye.Cli;

/// <summary><c>sockeye suggest</c>: the words that can follow, for the completion scripts. Help does not show it.</summary>
internal static class SuggestCommand
{
    private static readonly Argument<string> Line = new("line")
    {
        Description = "The command line up to the cursor.",
    };

    public static Command Create()
    {
        var command = new Command("suggest", "Print the words that can follow, one a line, each with a tab and its description.")
        {
            Line,
        };
        command.Hidden = true;
        command.SetAction(parsed => Print(parsed.RootCommandResult.Command, parsed.GetRequiredValue(Line)));
        return command;
    }

    private static int Print(Command root, string line)
    {
        // Aliases that a shell would take for the name of a file or for a pattern are left out.
        foreach (var item in root.Parse(line).GetCompletions(line.Length))
        {
            var (text, description) = (item.InsertText ?? item.Label, FirstSentence(item.Detail));
            if (!text.StartsWith('/') && text is not "-?")
                Console.Out.WriteLine(description is "" ? text : $"{text}\t{description}");
        }

        return ExitCodes.Done;
    }

    private static string FirstSentence(string? text)
    {
        var line = text?.ReplaceLineEndings(" ") ?? "";
        var end = line.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? line : line[..end]).TrimEnd('.');
    }
}
