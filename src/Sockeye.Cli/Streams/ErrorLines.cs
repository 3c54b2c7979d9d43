using System.Text;

namespace Sockeye.Cli;

/// <summary>Standard error, one whole line at a time, with text from peers escaped. Safe for concurrent callers.</summary>
/// <remarks>
/// If standard error cannot be written to, the text is lost and everything else continues: there is no other place to report it.
/// </remarks>
internal sealed class ErrorLines
{
    private readonly Lock _lock = new();
    private List<string>? _held;

    /// <summary>Holds lines back until <see cref="Release"/>, so that another line can come first.</summary>
    public void Hold()
    {
        lock (_lock)
            _held ??= [];
    }

    /// <summary>Writes these lines, and then those that were held.</summary>
    public void Release(params IEnumerable<string> first)
    {
        lock (_lock)
        {
            var held = _held ?? [];
            _held = null;
            Write(string.Concat(first.Select(PrintableText.Escape).Concat(held).Select(line => line + '\n')));
        }
    }

    /// <summary>Writes a line, with control characters that would move the cursor or start another line escaped.</summary>
    public void WriteLine(string line)
    {
        line = PrintableText.Escape(line);
        lock (_lock)
        {
            if (_held is not null)
                _held.Add(line);
            else
                Write(line + '\n');
        }
    }

    /// <summary>Writes lines that belong together.</summary>
    public void WriteLines(IEnumerable<string> lines)
    {
        var escaped = lines.Select(PrintableText.Escape).ToList();
        lock (_lock)
        {
            if (_held is not null)
                _held.AddRange(escaped);
            else
                Write(string.Concat(escaped.Select(line => line + '\n')));
        }
    }

    /// <summary>Writes a sentence after the name of the tool. It begins with a small letter there, unless it begins with a
    /// name.</summary>
    public void WriteFailure(string sentence)
    {
        var first = sentence.Split(' ')[0];
        var isWord = first.Length > 1 && first.AsSpan(1).IndexOfAnyExceptInRange('a', 'z') < 0;
        WriteLine("sockeye: " + (isWord ? char.ToLowerInvariant(sentence[0]) + sentence[1..] : sentence));
    }

    /// <summary>Writes a line for each failure that is not null, and returns the exit code for all of them.</summary>
    public int Report(params IEnumerable<string?> failures)
    {
        var exitCode = ExitCodes.Done;
        foreach (var failure in failures.OfType<string>())
        {
            WriteFailure($"{failure}.");
            exitCode = ExitCodes.Failed;
        }

        return exitCode;
    }

    /// <summary>Writes with one call, so that output of a child process does not appear inside a line.</summary>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            StandardStream.Error.Write(bytes);
        }
        catch (IOException)
        {
            // See the remarks.
        }
    }

    private static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));
}
