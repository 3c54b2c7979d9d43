using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sockeye.Cli;

/// <summary>The payload of a request, with fields that differ in each: {counter}, {connection} and {random:N}.</summary>
/// <remarks>The same seed, counter and connection give the same bytes, so that an echo can be verified without a copy.</remarks>
internal sealed partial class MessageTemplate
{
    private const int MaxDigits = 20;
    private const int BitsPerLetter = 5;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private readonly List<Part> _parts = [];
    private readonly ulong _seed;

    /// <param name="text">The bytes; fields in braces are ASCII.</param>
    /// <param name="seed">The seed of the random fields.</param>
    public MessageTemplate(ReadOnlySpan<byte> text, int seed)
    {
        _seed = (ulong)seed;
        var characters = Encoding.Latin1.GetString(text);
        var end = 0;
        foreach (Match field in Field().Matches(characters))
        {
            AddLiteral(characters[end..field.Index]);
            end = field.Index + field.Length;
            _parts.Add(field.Groups["random"].Success
                ? new(FieldKind.Random, null, int.Parse(field.Groups["random"].ValueSpan, CultureInfo.InvariantCulture))
                : new(field.Value is "{counter}" ? FieldKind.Counter : FieldKind.Connection, null, 0));
        }

        AddLiteral(characters[end..]);
    }

    private enum FieldKind : byte
    {
        Literal,
        Counter,
        Connection,
        Random,
    }

    /// <summary>Whether all requests are equal.</summary>
    public bool IsConstant => _parts.All(part => part.Kind is FieldKind.Literal);

    /// <summary>Writes the payload of one request.</summary>
    public void Write(IBufferWriter<byte> output, long counter, int connection)
    {
        foreach (var (kind, literal, length) in _parts)
        {
            switch (kind)
            {
                case FieldKind.Literal:
                    output.Write(literal);
                    break;
                case FieldKind.Random:
                    WriteRandom(output, length, counter);
                    break;
                default:
                    (kind is FieldKind.Counter ? counter : connection).TryFormat(
                        output.GetSpan(MaxDigits), out var written, provider: CultureInfo.InvariantCulture);
                    output.Advance(written);
                    break;
            }
        }
    }

    private void AddLiteral(string characters)
    {
        if (characters.Length > 0)
            _parts.Add(new(FieldKind.Literal, Encoding.Latin1.GetBytes(characters), 0));
    }

    /// <summary>Writes letters and digits from a generator whose state is the seed and the counter (SplitMix64).</summary>
    private void WriteRandom(IBufferWriter<byte> output, int length, long counter)
    {
        var letters = "abcdefghijklmnopqrstuvwxyz234567"u8;
        var span = output.GetSpan(length)[..length];
        var state = (_seed * Golden) ^ ((ulong)counter + 1);
        var bits = 0UL;
        for (var i = 0; i < length; i++)
        {
            if (i % 12 == 0)
            {
                state += Golden;
                bits = Mix(state);
            }

            span[i] = letters[(int)(bits & ((1 << BitsPerLetter) - 1))];
            bits >>= BitsPerLetter;
        }

        output.Advance(length);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    [GeneratedRegex(@"\{(?:counter|connection|random:(?<random>[1-9][0-9]{0,6}))\}")]
    private static partial Regex Field();

    private readonly record struct Part(FieldKind Kind, byte[]? Literal, int Length);
}
