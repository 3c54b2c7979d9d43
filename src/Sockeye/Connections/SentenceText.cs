namespace Sockeye;

/// <summary>Sentences of others, as parts of one's own.</summary>
internal static class SentenceText
{
    /// <summary>An exception's message, or what a user wrote, for a sentence that puts a full stop behind it itself.</summary>
    public static string TrimFullStop(string sentence) => sentence.TrimEnd('.', ' ', '\r', '\n');
}
