namespace Sockeye;

/// <summary>
/// An explanation of a problem of a connection, a connect or a server: a sentence, and the option that decided it, if there is
/// one.
/// </summary>
/// <remarks>
/// <see cref="ToString()"/> names the option as code does. A program whose users do not see code, such as a command-line tool,
/// gives the option another name with <see cref="ToString(Func{string, string})"/>.
/// </remarks>
public sealed class Explanation
{
    private readonly string _text;
    private readonly string _rest;

    /// <param name="text">A sentence without a full stop, or its start.</param>
    /// <param name="option">The option or method, which follows in parentheses.</param>
    /// <param name="rest">The end of the sentence, after the option.</param>
    internal Explanation(string text, string? option = null, string rest = "")
    {
        // A full stop belongs to the sentence or the line that contains this one.
        var isWhole = option is null && rest.Length == 0;
        _text = PrintableText.Escape(isWhole ? SentenceText.TrimFullStop(text) : text);
        (Option, _rest) = (option, PrintableText.Escape(SentenceText.TrimFullStop(rest)));
    }

    /// <summary>Gets the option, or the method that sets it, such as <c>MaxConnections</c>, <c>Timeouts.Idle</c> or
    /// <c>UseAddressLimit</c>; null if no option decided it.</summary>
    public string? Option { get; }

    /// <summary>Returns the sentence without a full stop, with the option in parentheses. Text that a peer chose is escaped
    /// (<see cref="PrintableText"/>).</summary>
    public override string ToString() => ToString(static option => option);

    /// <summary>Returns the sentence with another name for the option.</summary>
    /// <param name="getName">Returns the name to show for <see cref="Option"/>; null to show none.</param>
    public string ToString(Func<string, string?> getName)
    {
        ArgumentNullException.ThrowIfNull(getName);
        return Option is { } option && getName(option) is { } name ? $"{_text} ({name}){_rest}" : _text + _rest;
    }

    /// <summary>Returns the same explanation as the end of a longer sentence.</summary>
    internal Explanation After(string start) => new(start + _text, Option, _rest);
}
