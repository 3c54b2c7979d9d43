using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>Finds the word that a user meant by a mistyped one.</summary>
internal static class WordSuggestion
{
    private const int MaxMistakes = 2;
    private const int MinLength = 3;

    /// <summary>Returns the sentence about a command that does not exist.</summary>
    public static string DescribeCommand(Command root, string name)
    {
        var commands = root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name).ToList();
        return $"\"{name}\" is not a command. " + (Find(name, commands) is { } meant
            ? $"Did you mean \"{meant}\"?"
            : $"There are: {string.Join(", ", commands)}.");
    }

    /// <summary>Returns "Did you mean --echo?" for the first argument that is almost an option of the command; otherwise
    /// null.</summary>
    public static string? DescribeOptions(Command command, IEnumerable<string> arguments)
    {
        var names = command.Options.Where(option => !option.Hidden).SelectMany(option => option.Aliases.Prepend(option.Name))
            .Where(name => name.StartsWith("--", StringComparison.Ordinal)).ToList();
        return arguments.TakeWhile(word => word is not "--")
            .Where(word => word.StartsWith("--", StringComparison.Ordinal))
            .Select(word => word.Split('=')[0])
            .Where(word => !names.Contains(word))
            .Select(word => Find(word, names))
            .FirstOrDefault(meant => meant is not null) is { } found ? $"Did you mean {found}?" : null;
    }

    /// <summary>Returns the nearest of the names; null if none is near.</summary>
    public static string? Find(string word, IReadOnlyCollection<string> names)
    {
        if (word.Trim('-').Length < MinLength || word.Length > 100)
            return null;
        return names.Where(name => name.StartsWith(word, StringComparison.Ordinal)).Order(StringComparer.Ordinal).FirstOrDefault()
            ?? names.Select(name => (Name: name, Mistakes: CountMistakes(word, name)))
                .Where(each => each.Mistakes <= MaxMistakes && each.Mistakes < each.Name.Trim('-').Length - 1)
                .OrderBy(each => each.Mistakes).ThenBy(each => each.Name, StringComparer.Ordinal)
                .Select(each => each.Name).FirstOrDefault();
    }

    /// <summary>Counts letters that are missing, added, changed, or swapped with their neighbour ("optimal string
    /// alignment").</summary>
    internal static int CountMistakes(string one, string other)
    {
        var counts = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    counts[i, j] = i + j;
                    continue;
                }

                var isSame = one[i - 1] == other[j - 1];
                counts[i, j] = Math.Min(
                    Math.Min(counts[i - 1, j], counts[i, j - 1]) + 1, counts[i - 1, j - 1] + (isSame ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    counts[i, j] = Math.Min(counts[i, j], counts[i - 2, j - 2] + 1);
            }
        }

        return counts[one.Length, other.Length];
    }
}
