namespace Sockeye.Cli;

/// <summary>Splits a filter into its words, operators and parentheses.</summary>
internal static class FilterTokens
{
    private static readonly string[] Operators =
        [">=", "<=", "!=", "==", "&&", "||", "=", ">", "<", "~", "!", "&", "|", "(", ")"];

    public static bool IsOperator(string token) =>
        token is ">=" or "<=" or "!=" or "==" or "=" or ">" or "<" or "~" or "!";

    /// <summary>Splits at spaces and operators. Quotation marks keep a word with spaces together.</summary>
    public static List<string> Split(string text)
    {
        List<string> tokens = [];
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            var found = Array.Find(Operators, each => text.AsSpan(i).StartsWith(each, StringComparison.Ordinal));
            if (found is null)
            {
                found = text[i] is '"' ? ReadQuoted(text, i) : ReadWord(text, i);
                tokens.Add(found.Trim('"'));
            }
            else
            {
                tokens.Add(found);
            }

            i += found.Length;
        }

        return tokens;
    }

    private static string ReadQuoted(string text, int start)
    {
        var end = text.IndexOf('"', start + 1);
        return end < 0 ? text[start..] : text[start..(end + 1)];
    }

    private static string ReadWord(string text, int start)
    {
        var end = start;
        while (end < text.Length && !char.IsWhiteSpace(text[end])
            && !Operators.Any(each => text.AsSpan(end).StartsWith(each, StringComparison.Ordinal)))
            end++;
        return text[start..end];
    }
}
