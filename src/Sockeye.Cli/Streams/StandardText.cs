using System.Text;

namespace Sockeye.Cli;

/// <summary>Standard output and standard error for code that writes text through <see cref="Console"/>.</summary>
internal sealed class StandardText(Action<ReadOnlySpan<byte>> write) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>
    /// Makes all text UTF-8. On Unix, it also replaces the console's own streams, which throw if a stream is closed, and hide
    /// that its reader has ended.
    /// </summary>
    public static void Install()
    {
        if (OperatingSystem.IsWindows())
        {
            UseUtf8Console();
            return;
        }

        Console.SetOut(new StandardText(StandardOutput.Instance.Write));
        Console.SetError(new StandardText(ErrorLines.Write));
    }

    /// <summary>
    /// Sets the code page of the console, which also applies to the commands of <c>--exec</c>, until the process ends. Without a
    /// console, only the encoding of this process changes.
    /// </summary>
    private static void UseUtf8Console()
    {
        var before = Console.OutputEncoding;
        Console.OutputEncoding = Encoding.UTF8;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Console.OutputEncoding = before;
    }

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        var bytes = new byte[Encoding.GetMaxByteCount(buffer.Length)];
        write(bytes.AsSpan(0, Encoding.GetBytes(buffer, bytes)));
    }
}
