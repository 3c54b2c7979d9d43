using System.Net;

namespace Sockeye.Kestrel.Tests.Support;

/// <summary>A long body made as it is sent; every byte depends on its position.</summary>
internal sealed class LongBody(long length) : HttpContent
{
    private const int Chunk = 64 * 1024;

    // A prime, so that a block moved anywhere shows.
    private const int Period = 65_521;

    private static readonly byte[] Pattern = NewPattern();

    /// <summary>Reads to the end; gives the length, and fails at the first byte that is wrong.</summary>
    public static async Task<long> CheckAsync(Stream body, Func<Task>? pause = null)
    {
        var buffer = new byte[Chunk];
        long position = 0;
        while (await body.ReadAsync(buffer) is > 0 and var read)
        {
            if (!buffer.AsSpan(0, read).SequenceEqual(At(position, read)))
                throw new InvalidDataException($"The bytes from {position} to {position + read} are wrong.");
            position += read;

            if (pause is not null)
                await pause();
        }

        return position;
    }

    public static async Task WriteAsync(Stream stream, long length, CancellationToken cancelled = default)
    {
        for (long position = 0; position < length && !cancelled.IsCancellationRequested; position += Chunk)
            await stream.WriteAsync(
                Pattern.AsMemory((int)(position % Period), (int)Math.Min(Chunk, length - position)), CancellationToken.None);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => WriteAsync(stream, length);

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }

    private static ReadOnlySpan<byte> At(long position, int length) => Pattern.AsSpan((int)(position % Period), length);

    /// <summary>Long enough for a chunk from any position of the period.</summary>
    private static byte[] NewPattern()
    {
        var pattern = new byte[Period + Chunk];
        new Random(1).NextBytes(pattern);
        for (var i = Period; i < pattern.Length; i++)
            pattern[i] = pattern[i - Period];
        return pattern;
    }
}
