using System.Text;

namespace Sockeye.Cli;

/// <summary>
/// Standard error, one whole line at a time, in the tool's words: what a peer chose of it is escaped. Safe from many callers.
/// </summary>
/// <remarks>
/// Where it cannot be written to, there is no other place to say so: what is said is lost, and all else goes on.
/// </remarks>
internal sealed class ErrorLines
{
    private readonly Lock _lock = new();
    private List<string>? _held;

    /// <summary>Keeps lines back until <see cref="Release"/>, so that another one can be the first.</summary>
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

    /// <summary>Writes a line that may hold words of the library.</summary>
    public void WriteLine(string line) => WriteOrHoldLocked(OptionNames.Translate(line));

    /// <summary>Writes a line as it is, except that what would move the cursor or begin another line is shown escaped.</summary>
    public void WriteOrHoldLocked(string line)
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

    /// <summary>Says each failure that there was, and answers the exit code for all of them.</summary>
    public int Report(params IEnumerable<string?> failures)
    {
        var exitCode = ExitCodes.Done;
        foreach (var failure in failures.OfType<string>())
        {
            WriteLine($"sockeye: {failure}.");
            exitCode = ExitCodes.Failed;
        }

        return exitCode;
    }

    /// <summary>With one write: what a child process writes does not get into the middle of a line.</summary>
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
