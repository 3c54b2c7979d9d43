using System.IO.Pipelines;

namespace Sockeye.Comparison.Load;

/// <summary>The steps of one client.</summary>
internal static class Exchange
{
    /// <summary>Reads the given number of bytes, without checking them.</summary>
    public static async ValueTask ReadAsync(PipeReader input, long count)
    {
        while (count > 0)
        {
            var read = await input.ReadAsync();
            var length = read.Buffer.Length;
            if (length > count)
                throw new InvalidDataException($"The server sent {length - count} bytes more than it got.");
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted && length < count)
                throw new EndOfStreamException($"The server closed the connection with {count - length} bytes outstanding.");
            count -= length;
        }
    }

    /// <summary>A length-prefixed message (four bytes, big endian), repeated. Only the codec sees more than bytes.</summary>
    public static byte[] Frames(int size, int count)
    {
        var frame = new byte[sizeof(int) + size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame, size);
        return [.. Enumerable.Repeat(frame, count).SelectMany(bytes => bytes)];
    }
}
