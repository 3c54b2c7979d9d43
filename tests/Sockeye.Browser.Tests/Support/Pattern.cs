using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sockeye.Browser.Tests.Support;

/// <summary>What the sample's downloads hold: each eight bytes contain their position.</summary>
internal static class Pattern
{
    /// <summary>Created block by block: it is never in memory as a whole.</summary>
    public static string Sha256(long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[64 * 1024];
        for (long position = 0; position < length; position += block.Length)
        {
            for (var i = 0; i < block.Length; i += 8)
                BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(i), position + i);
            hash.AppendData(block, 0, (int)Math.Min(block.Length, length - position));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
