namespace Sockeye.Cli;

/// <summary>A part of the text that follows the options in the help of a command.</summary>
/// <param name="Title">The line that ends with a colon, without it. Empty for a paragraph without one.</param>
/// <param name="Lines">The lines below the title, without their common indentation.</param>
internal sealed record HelpNote(string Title, IReadOnlyList<string> Lines)
{
    /// <summary>Whether the layout of the lines has a meaning: examples and tables, not prose.</summary>
    public bool IsLiteral => Title is "Examples" or "Exit codes";
}

/// <summary>Reads the text that follows the options in the help of a command.</summary>
internal static class HelpNotes
{
    public static IReadOnlyList<HelpNote> Parse(string text)
    {
        List<HelpNote> notes = [];
        List<string> lines = [];
        var title = "";
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var isIndented = line.StartsWith("  ", StringComparison.Ordinal);
            var isTitle = !isIndented && line.EndsWith(':');
            if (line is "" || isTitle || (!isIndented && title is not ""))
                End();
            if (isTitle)
                title = line[..^1];
            else if (line is not "")
                lines.Add(isIndented ? line[2..] : line);
        }

        End();
        return notes;

        void End()
        {
            if (lines.Count > 0)
                notes.Add(new(title, [.. lines]));
            lines.Clear();
            title = "";
        }
    }
}
