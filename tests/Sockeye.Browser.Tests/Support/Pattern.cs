using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sockeye.Browser.Tests.Support;

/// <summary>What the sample's downloads hold: each eight bytes tell their place.</summary>
internal static class Pattern
{
    /// <summary>Made anew block by block: it is never all in memory.</summary>
    public static string Sha256(long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[64 * 1024];
        for (long place = 0; place < length; place += block.Length)
        {
            for (var i = 0; i < block.Length; i += 8)
                BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(i), place + i);
            hash.AppendData(block, 0, (int)Math.Min(block.Length, length - place));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
