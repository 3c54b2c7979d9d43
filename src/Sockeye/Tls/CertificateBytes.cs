using System.Diagnostics;
using System.Security.Cryptography;

namespace Sockeye;

/// <summary>The contents of a certificate's files.</summary>
/// <param name="Certificate">The certificates, and the key if it is in the same file.</param>
/// <param name="Key">The private key; null where it is in the same file.</param>
internal sealed record CertificateBytes(byte[] Certificate, byte[]? Key)
{
    /// <summary>A hash that identifies the contents, and reveals nothing about the key.</summary>
    public string Hash => Convert.ToHexString(SHA256.HashData(Certificate)) + Convert.ToHexString(SHA256.HashData(Key ?? []));

    public static CertificateBytes Read(string certificatePath, string? keyPath) =>
        new(File.ReadAllBytes(certificatePath), keyPath is null ? null : File.ReadAllBytes(keyPath));

    /// <summary>Returns whether both are regular files with content. Opening a pipe again could wait forever.</summary>
    public static bool AreFiles(string certificatePath, string? keyPath) =>
        IsFile(certificatePath) && (keyPath is null || IsFile(keyPath));

    public bool Equals(CertificateBytes? other) => other is not null
        && Certificate.AsSpan().SequenceEqual(other.Certificate) && Key.AsSpan().SequenceEqual(other.Key);

    public override int GetHashCode() => throw new UnreachableException("Contents are compared, not used as keys.");

    private static bool IsFile(string path) =>
        (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length > 0;
}
