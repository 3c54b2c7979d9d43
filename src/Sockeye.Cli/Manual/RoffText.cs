using System.Text;

namespace Sockeye.Cli;

/// <summary>Text in the language of manual pages: macros of man(7).</summary>
internal sealed class RoffText
{
    private readonly StringBuilder _text = new();

    /// <summary>
    /// Escapes a text: roff reads a backslash as the start of a request, and a hyphen as one that may become a dash.
    /// </summary>
    public static string Escape(string text) => text
        .Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal)
        .Replace("~", "\\(ti", StringComparison.Ordinal)
        .Replace("^", "\\(ha", StringComparison.Ordinal);

    /// <summary>Writes a macro with its arguments, each of them quoted.</summary>
    public RoffText Macro(string name, params IEnumerable<string> arguments)
    {
        _text.Append('.').Append(name);
        foreach (var argument in arguments)
            _text.Append(" \"").Append(Escape(argument).Replace("\"", "\\(dq", StringComparison.Ordinal)).Append('"');
        _text.Append('\n');
        return this;
    }

    /// <summary>Writes a line of text. One that begins with a dot is not read as a macro.</summary>
    public RoffText Line(string text) => Raw((text.StartsWith('.') ? "\\&" : "") + Escape(text));

    /// <summary>Writes a line that contains requests.</summary>
    public RoffText Raw(string line)
    {
        _text.Append(line).Append('\n');
        return this;
    }

    /// <summary>Writes lines as they are, in a fixed layout.</summary>
    public RoffText Literal(IEnumerable<string> lines)
    {
        Macro("nf").Macro("RS", "4n");
        foreach (var line in lines)
            Line(line);
        return Macro("RE").Macro("fi");
    }

    public override string ToString() => _text.ToString();
}
