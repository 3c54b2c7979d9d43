using System.Buffers.Text;
using System.Globalization;

namespace Sockeye.Fleet.Clients;

/// <summary>
/// What a client looks for in the bytes that it receives, whatever they are framed with: the number of a line, and when it was due.
/// <code>
///  @#  number: 10 digits  :  µs of the machine's clock: 10 digits
/// </code>
/// </summary>
/// <param name="Number">From 1 in each measurement; 0 in lines that only try the way.</param>
/// <param name="DueAt">When the line was to be sent, by <see cref="Micros"/>.</param>
internal readonly record struct Mark(long Number, long DueAt)
{
    private const int Digits = 10;
    private const int Size = 2 + Digits + 1 + Digits;
    public const long Wrap = 10_000_000_000;

    /// <summary>What fills a line to about 100 bytes of JSON.</summary>
    private const string Filler = " is the number of this line, and here is a bit of talk.";

    private static ReadOnlySpan<byte> Start => "@#"u8;

    /// <summary>The time of the machine, the same in all processes.</summary>
    public static long Micros(TimeProvider time) =>
        (long)(time.GetTimestamp() * (1e6 / time.TimestampFrequency)) % Wrap;

    public static long Elapsed(long from, long to) => (to - from + Wrap) % Wrap;

    /// <summary>The text of a line with this mark.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"@#{Number:D10}:{DueAt:D10}{Filler}");

    /// <summary>Finds all marks.</summary>
    /// <param name="bytes">What was received.</param>
    /// <param name="found">Is called for each.</param>
    /// <returns>How many bytes need not be looked at again.</returns>
    public static int Scan(ReadOnlySpan<byte> bytes, Action<Mark> found)
    {
        var position = 0;
        while (true)
        {
            var offset = bytes[position..].IndexOf(Start);
            if (offset < 0)
                return bytes is [.., (byte)'@'] ? bytes.Length - 1 : bytes.Length;
            var start = position + offset;
            if (bytes.Length - start < Size)
                return start;
            var text = bytes.Slice(start + Start.Length, Size - Start.Length);
            if (Utf8Parser.TryParse(text[..Digits], out long number, out var used) && used == Digits && text[Digits] == ':'
                && Utf8Parser.TryParse(text[(Digits + 1)..], out long dueAt, out used) && used == Digits)
            {
                found(new(number, dueAt));
                position = start + Size;
            }
            else
            {
                position = start + Start.Length;
            }
        }
    }

    public override string ToString() => ToText()[..Size];
}
