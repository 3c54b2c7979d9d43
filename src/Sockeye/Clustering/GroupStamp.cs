using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sockeye;

/// <summary>The number of a message in a group: the run of the node that sent it, and its place among the messages of that node.
/// </summary>
/// <remarks>Messages of one run of a node have consecutive numbers, beginning with 1. After a node has not used a group for a
/// while, it begins again with 1 in another series.</remarks>
/// <param name="Incarnation">The run of the sending node.</param>
/// <param name="Series">The series of numbers.</param>
/// <param name="Number">The number of the message in its series, from 1.</param>
public readonly record struct GroupStamp(ulong Incarnation, uint Series, ulong Number)
{
    /// <summary>Returns the three parts in hexadecimal digits, with points between them: <c>5f3a09c2d4e6b871.1.2c</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Incarnation:x16}.{Series:x}.{Number:x}");

    /// <summary>Reads the text that <see cref="ToString"/> returns.</summary>
    /// <param name="text">The text.</param>
    /// <param name="stamp">The stamp.</param>
    /// <returns>False if the text is not a stamp.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out GroupStamp stamp)
    {
        stamp = default;
        var parts = text?.Split('.', 4);
        if (parts is not { Length: 3 }
            || !TryParseHex(parts[0], out var incarnation)
            || !TryParseHex(parts[1], out var series) || series > uint.MaxValue
            || !TryParseHex(parts[2], out var number))
        {
            return false;
        }

        stamp = new(incarnation, (uint)series, number);
        return true;
    }

    private static bool TryParseHex(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
