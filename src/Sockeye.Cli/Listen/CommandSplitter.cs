using System.Text;

namespace Sockeye.Cli;

/// <summary>Splits the command of <c>--exec</c> into parts, as a shell does, with quotes, and with nothing else.</summary>
/// <remarks>
/// A character that only a shell gives a meaning is an error: without one, <c>read line; echo</c> would be a program with the
/// argument <c>line;</c>.
/// </remarks>
internal static class CommandSplitter
{
    private const string ForShells = "|&;<>()$`*?\n";
    private const string ForShellsInQuotes = "$`";

    /// <summary>Returns the parts; at least one. Returns null and an error for other text.</summary>
    public static string[]? Parse(string command, out string? error)
    {
        List<string> parts = [];
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            if (quote is '\0' ? ForShells.Contains(c, StringComparison.Ordinal)
                : quote is '"' && ForShellsInQuotes.Contains(c, StringComparison.Ordinal))
            {
                error = $"{(c is '\n' ? "a line end" : $"\"{c}\"")} has a meaning for a shell only. Write --sh-exec for a shell, "
                    + "or put it into single quotes.";
                return null;
            }

            if (quote is '\0' && char.IsWhiteSpace(c))
            {
                if (word is not null)
                    parts.Add(word.ToString());
                word = null;
            }
            else if (c == quote || (quote is '\0' && c is '\'' or '"' && quote is '\0'))
            {
                word ??= new();
                quote = c == quote ? '\0' : c;
            }
            else
            {
                // On Windows, a backslash separates the folders of a path.
                if (c is '\\' && quote is not '\'' && i + 1 < command.Length && !OperatingSystem.IsWindows())
                    c = command[++i];
                (word ??= new()).Append(c);
            }
        }

        if (word is not null)
            parts.Add(word.ToString());
        error = quote is not '\0' ? $"the quote {quote} does not end." : parts.Count is 0 ? "the command is empty." : null;
        return error is null ? [.. parts] : null;
    }
}
