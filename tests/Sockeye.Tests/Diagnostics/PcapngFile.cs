using System.Buffers.Binary;
using System.Text;

namespace Sockeye.Tests.Diagnostics;

/// <summary>Reads a pcapng file as its specification says, and knows nothing of how Sockeye writes one.</summary>
internal sealed class PcapngFile
{
    private PcapngFile()
    {
    }

    public List<string> SectionComments { get; } = [];

    public List<Interface> Interfaces { get; } = [];

    public List<Frame> Frames { get; } = [];

    public List<Statistics> AllStatistics { get; } = [];

    /// <summary>Bytes of whole blocks.</summary>
    public int WholeLength { get; private set; }

    public IEnumerable<Segment> Segments => Frames.Select(frame => Segment.Parse(frame));

    public static PcapngFile Parse(byte[] file)
    {
        var parsed = new PcapngFile();
        Assert.Equal(0x0A0D0D0Au, U32(file, 0));
        while (parsed.WholeLength < file.Length)
        {
            var rest = file.AsSpan(parsed.WholeLength);
            var length = (int)U32(rest, 4);
            Assert.True(length % 4 == 0 && length <= rest.Length, $"block of {length} bytes, {rest.Length} are left");
            Assert.Equal((uint)length, U32(rest, length - 4));
            parsed.Read(U32(rest, 0), rest[8..(length - 4)]);
            parsed.WholeLength += length;
        }

        return parsed;
    }

    /// <summary>The data of one direction, whose sequence numbers leave no gap.</summary>
    public string Text(bool outbound)
    {
        var text = new StringBuilder();
        uint? next = null;
        foreach (var segment in Segments.Where(segment => segment.Frame.IsOutbound == outbound))
        {
            Assert.Equal(next ?? segment.Sequence, segment.Sequence);
            next = segment.Sequence + segment.SequenceLength;
            text.Append(Encoding.Latin1.GetString(segment.Data));
        }

        return text.ToString();
    }

    /// <summary>All segments, short: "> S", "&lt; SA", "> PA hello". What this process sent has ">".</summary>
    public string[] Story() => [.. Segments.Select(segment => segment.ToString())];

    private void Read(uint type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case 0x0A0D0D0A:
                Assert.Equal((0x1A2B3C4Du, 1, 0), (U32(body, 0), U16(body, 4), U16(body, 6)));
                Assert.Equal(ulong.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(body[8..]));
                SectionComments.Add(Text(Options(body[16..]), 1)!);
                break;
            case 1:
                Assert.Equal((101, 0u), (U16(body, 0), U32(body, 4)));
                var described = Options(body[8..]);
                Assert.Equal<byte>([9], described.Single(option => option.Code == 9).Value);
                Interfaces.Add(new(Text(described, 2)!, Text(described, 3)!));
                break;
            case 5:
                var counted = Options(body[12..]);
                AllStatistics.Add(new((int)U32(body, 0), Count(counted, 4), Count(counted, 5)));
                break;
            case 6:
                ReadFrame(body);
                break;
            default:
                Assert.Fail($"block of type {type}");
                break;
        }
    }

    private void ReadFrame(ReadOnlySpan<byte> body)
    {
        var captured = (int)U32(body, 12);
        var options = Options(body[(20 + ((captured + 3) & ~3))..]);
        Frames.Add(new(
            Interfaces[(int)U32(body, 0)],
            (long)(((ulong)U32(body, 4) << 32) | U32(body, 8)),
            body.Slice(20, captured).ToArray(),
            (int)U32(body, 16),
            U32(options.Single(option => option.Code == 2).Value, 0) == 2,
            Count(options, 4),
            [.. options.Where(option => option.Code == 1).Select(option => Encoding.UTF8.GetString(option.Value))]));
    }

    private static List<(int Code, byte[] Value)> Options(ReadOnlySpan<byte> rest)
    {
        List<(int, byte[])> options = [];
        while (true)
        {
            var (code, length) = (U16(rest, 0), U16(rest, 2));
            if (code == 0)
            {
                Assert.Equal((0, 4), (length, rest.Length));
                return options;
            }

            options.Add((code, rest.Slice(4, length).ToArray()));
            rest = rest[(4 + ((length + 3) & ~3))..];
        }
    }

    private static string? Text(List<(int Code, byte[] Value)> options, int code) =>
        options.Where(option => option.Code == code).Select(option => Encoding.UTF8.GetString(option.Value)).SingleOrDefault();

    private static long Count(List<(int Code, byte[] Value)> options, int code) =>
        options.Where(option => option.Code == code).Select(option => BitConverter.ToInt64(option.Value)).SingleOrDefault();

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    internal sealed record Interface(string Name, string Description);

    internal sealed record Statistics(int Interface, long Received, long Dropped);

    internal sealed record Frame(
        Interface Interface, long Time, byte[] Bytes, int OriginalLength, bool IsOutbound, long Dropped, string[] Comments);
}
