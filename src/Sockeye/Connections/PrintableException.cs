namespace Sockeye;

/// <summary>Replaces an exception whose messages are not safe to print. Its text is that of the original, escaped.</summary>
/// <remarks>
/// Messages of .NET quote invalid input, such as "The input string '…' was not in a correct format.", and loggers print
/// exceptions with all their lines. All other exceptions are logged unchanged.
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

    /// <summary>Returns the exception itself if it is safe to print, otherwise its replacement.</summary>
    public static Exception Wrap(Exception exception) =>
        GetAll(exception).All(one => IsSafe(one.Message)) ? exception : new PrintableException(exception);

    /// <summary>
    /// Returns the text of <see cref="Exception.ToString"/>, with line ends between its parts but none inside a message.
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
