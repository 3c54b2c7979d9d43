using System.Buffers;

namespace Sockeye.Transport.Tests.Support;

/// <summary>A long stream of bytes that is known at every place: a block of random bytes, whose length is a prime, again and
/// again. A byte lost, doubled or moved anywhere shows.</summary>
public sealed class Pattern
{
    private const int Period = 65_521;

    private readonly byte[] _block = new byte[Period];

    public Pattern(int seed) => new Random(seed).NextBytes(_block);

    public byte[] Take(int length)
    {
        var bytes = new byte[length];
        Fill(bytes, 0);
        return bytes;
    }

    public void Fill(Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            var part = From(offset, bytes.Length);
            part.CopyTo(bytes);
            bytes = bytes[part.Length..];
            offset += part.Length;
        }
    }

    public void Check(in ReadOnlySequence<byte> bytes, long offset)
    {
        foreach (var segment in bytes)
        {
            var rest = segment.Span;
            while (!rest.IsEmpty)
            {
                var part = From(offset, rest.Length);
                if (!rest[..part.Length].SequenceEqual(part))
                    Assert.Fail($"The bytes differ at {offset + rest.CommonPrefixLength(part)}.");
                rest = rest[part.Length..];
                offset += part.Length;
            }
        }
    }

    private ReadOnlySpan<byte> From(long offset, int most)
    {
        var start = (int)(offset % Period);
        return _block.AsSpan(start, Math.Min(most, Period - start));
    }
}
