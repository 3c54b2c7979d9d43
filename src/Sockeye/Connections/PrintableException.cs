namespace Sockeye;

/// <summary>Stands for an exception whose messages hold what must not be printed raw: its text is the same, escaped.</summary>
/// <remarks>
/// .NET's own messages quote what cannot be read, as "The input string '…' was not in a correct format.", and loggers print
/// exceptions with all their lines. Only such exceptions are replaced: all others are logged as what they are.
/// </remarks>
internal sealed class PrintableException : Exception
{
    private readonly string _text;
    private readonly string? _stackTrace;

    private PrintableException(Exception original)
        : base(PrintableText.Escape(original.Message), original.InnerException is { } inner ? Wrap(inner) : null)
    {
        (_text, _stackTrace) = (GetText(original), original.StackTrace);
        (Source, HResult) = (original.Source, original.HResult);
    }

    public override string? StackTrace => _stackTrace;

    /// <summary>The exception itself, where it is safe to print.</summary>
    public static Exception Wrap(Exception exception) =>
        GetAll(exception).All(one => IsSafe(one.Message)) ? exception : new PrintableException(exception);

    /// <summary>
    /// What <see cref="Exception.ToString"/> gives, with the line ends between its parts, and none inside a message.
    /// </summary>
    public static string GetText(Exception exception, string? text = null)
    {
        text ??= exception.ToString();
        foreach (var message in GetAll(exception).Select(one => one.Message).Where(message => !IsSafe(message)))
            text = text.Replace(message, PrintableText.Escape(message), StringComparison.Ordinal);
        return string.Join('\n', text.Split('\n').Select(EscapeLine));
    }

    public override string ToString() => _text;

    private static string EscapeLine(string line) =>
        line.EndsWith('\r') ? PrintableText.Escape(line[..^1]) + '\r' : PrintableText.Escape(line);

    private static bool IsSafe(string message) => ReferenceEquals(PrintableText.Escape(message), message);

    private static IEnumerable<Exception> GetAll(Exception exception)
    {
        yield return exception;
        var inner = exception is AggregateException many ? many.InnerExceptions.AsEnumerable()
            : exception.InnerException is { } one ? [one] : [];
        foreach (var each in inner.SelectMany(GetAll))
            yield return each;
    }
}
