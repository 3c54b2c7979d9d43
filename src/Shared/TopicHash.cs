using System.Text;

namespace Sockeye;

/// <summary>The name of a topic or a user in few bytes, for lists and headers. Equal on every node.</summary>
internal static class TopicHash
{
    private const int MaxOnStack = 512;

    /// <summary>Computes FNV-1a with 64 bits over UTF-8. Two topics with one hash cost a comparison of numbers that do not belong
    /// together: the chance is 1 in 10^11 for 10,000 topics.</summary>
    public static ulong Compute(string topic)
    {
        Span<byte> buffer = stackalloc byte[MaxOnStack];
        ReadOnlySpan<byte> bytes = Encoding.UTF8.TryGetBytes(topic, buffer, out var size)
            ? buffer[..size]
            : Encoding.UTF8.GetBytes(topic);
        var hash = 14695981039346656037;
        foreach (var one in bytes)
            hash = unchecked((hash ^ one) * 1099511628211);
        return hash;
    }

    /// <summary>Computes the same hash, folded to 32 bits, and never 0.</summary>
    public static uint ComputeShort(string topic)
    {
        var hash = Compute(topic);
        var folded = unchecked((uint)(hash >> 32) ^ (uint)hash);
        return folded == 0 ? 1 : folded;
    }
}
