using System.Globalization;
using System.Text;

namespace Sockeye.Fuzz;

/// <summary>The inputs of a target as text, one a line: plain characters as they are, the others as \xNN.</summary>
internal static class Corpus
{
    public static string FileName(FuzzTarget target) => $"{target.Name}.txt";

    /// <summary>Where the build puts the corpus.</summary>
    public static string BuiltFolder => Path.Combine(AppContext.BaseDirectory, "Corpus");

    public static IEnumerable<byte[]> Read(string folder, FuzzTarget target)
    {
        var path = Path.Combine(folder, FileName(target));
        return File.Exists(path) ? File.ReadLines(path).Where(line => line.Length > 0).Select(Unescape) : [];
    }

    /// <summary>Writes the inputs, the shortest first, each once.</summary>
    public static void Write(string folder, FuzzTarget target, IEnumerable<byte[]> inputs)
    {
        var lines = inputs.Select(Escape).Where(line => line.Length > 0).Distinct()
            .OrderBy(line => line.Length).ThenBy(line => line, StringComparer.Ordinal);
        File.WriteAllLines(Path.Combine(folder, FileName(target)), lines);
    }

    public static string Escape(byte[] input)
    {
        var text = new StringBuilder();
        foreach (var one in input)
        {
            if (one is > 0x20 and < 0x7F and not (byte)'\\')
                text.Append((char)one);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{one:X2}");
        }

        return text.ToString();
    }

    public static byte[] Unescape(string line)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != '\\')
            {
                bytes.Add((byte)line[i]);
                continue;
            }

            bytes.Add(byte.Parse(line.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            i += 3;
        }

        return [.. bytes];
    }
}
