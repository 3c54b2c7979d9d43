using System.Text;

namespace Sockeye.Cli;

/// <summary>Standard output and standard error for all that writes text by way of <see cref="Console"/>.</summary>
internal sealed class StandardText(Action<ReadOnlySpan<byte>> write) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>
    /// Puts them in place of the console's own, which throw where a stream is closed, and hide that its reader has gone.
    /// </summary>
    public static void Install()
    {
        if (OperatingSystem.IsWindows())
            return; // There the console has an encoding of its own.
        Console.SetOut(new StandardText(StandardOutput.Instance.Write));
        Console.SetError(new StandardText(ErrorLines.Write));
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
