using System.Buffers.Binary;

namespace Sockeye;

/// <summary>Reads the server name in the first message of a client, before TLS processes it.</summary>
/// <remarks>
/// <code>
/// type (1) | length (3 bytes) | version (2), random (32) | session id | cipher suites | compression | extensions
///                                                          RFC 8446, section 4.1.2; each vector with its length before it
/// extension: type (2 bytes) | length (2 bytes) | of server_name (0): length (2) | kind (0), length (2), name | …
///                                                          RFC 6066, section 3
/// </code>
/// </remarks>
internal static class ClientHello
{
    private const byte Type = 1;
    private const int HeaderLength = 4;
    private const int VersionAndRandom = 2 + 32;
    private const ushort ServerName = 0;
    private const byte HostName = 0;

    /// <summary>Returns whether a ClientHello can start with these bytes.</summary>
    public static bool CanStartWith(ReadOnlySpan<byte> message) => message.IsEmpty || message[0] == Type;

    /// <summary>
    /// Returns the length of the ClientHello with its header; null if too few bytes have arrived, or if it is another message.
    /// </summary>
    public static int? GetLength(ReadOnlySpan<byte> message) => message.Length >= HeaderLength && message[0] == Type
        ? HeaderLength + (message[1] << 16) + BinaryPrimitives.ReadUInt16BigEndian(message[2..])
        : null;

    /// <summary>
    /// Returns the name that the client requests, safe to print; null if it requests none, or if the message is malformed, which
    /// TLS reports.
    /// </summary>
    public static string? GetServerName(ReadOnlySpan<byte> message)
    {
        if (GetLength(message) is not { } length || message.Length < length)
            return null;
        var rest = message[HeaderLength..length];
        if (!TryTake(ref rest, VersionAndRandom, out _) || !TryTakeVector(ref rest, 1, out _)
            || !TryTakeVector(ref rest, 2, out _) || !TryTakeVector(ref rest, 1, out _)
            || !TryTakeVector(ref rest, 2, out var extensions))
        {
            return null;
        }

        while (TryTake(ref extensions, sizeof(ushort), out var type) && TryTakeVector(ref extensions, 2, out var content))
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(type) == ServerName)
                return TryTakeVector(ref content, 2, out var names) ? GetHostName(names) : null;
        }

        return null;
    }

    private static string? GetHostName(ReadOnlySpan<byte> names)
    {
        while (TryTake(ref names, 1, out var kind) && TryTakeVector(ref names, 2, out var name))
        {
            if (kind[0] == HostName)
                return name.IsEmpty ? null : PrintableText.Escape(name);
        }

        return null;
    }

    private static bool TryTakeVector(ref ReadOnlySpan<byte> rest, int lengthSize, out ReadOnlySpan<byte> content)
    {
        content = default;
        return TryTake(ref rest, lengthSize, out var length)
            && TryTake(ref rest, lengthSize == 1 ? length[0] : BinaryPrimitives.ReadUInt16BigEndian(length), out content);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (rest.Length < count)
            return false;
        taken = rest[..count];
        rest = rest[count..];
        return true;
    }
}
