namespace Sockeye;

/// <summary>Prepares sentences for use within other sentences.</summary>
internal static class SentenceText
{
    /// <summary>Removes the full stop of an exception's message or of a user's text, for a sentence that adds its own.</summary>
    public static string TrimFullStop(string sentence) => sentence.TrimEnd('.', ' ', '\r', '\n');

    /// <summary>Formats a count with its noun, such as "1 byte" or "2 bytes".</summary>
    public static string Count(long number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";
}
