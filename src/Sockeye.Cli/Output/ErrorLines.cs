using System.Text;

namespace Sockeye.Cli;

/// <summary>Standard error, one whole line at a time, whoever writes, in the tool's words. Safe from many callers.</summary>
/// <remarks>The stream is opened at the start: a process without free descriptors must still be able to say so.</remarks>
internal sealed class ErrorLines
{
    private readonly Stream _stream = Console.OpenStandardError();
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
            Write(string.Concat(first.Concat(held).Select(line => line + '\n')));
        }
    }

    public void WriteLine(string line)
    {
        line = OptionWords.Of(line);
        lock (_lock)
        {
            if (_held is not null)
                _held.Add(line);
            else
                Write(line + '\n');
        }
    }

    // One write a time: what a child process writes does not get into the middle of a line.
    private void Write(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));
}
