using System.Buffers.Binary;

namespace Sockeye.Cli;

/// <summary>The request for the TCP sockets of one family: <c>nlmsghdr</c> and <c>inet_diag_req_v2</c> of sock_diag(7).</summary>
/// <remarks>
/// <code>
/// 0        4      6       8          12     16       17     18     20       24
/// | length | type | flags | sequence | port | family | TCP  | what | states | 48 bytes: any address |
/// </code>
/// </remarks>
internal static class DiagRequest
{
    public const int Length = 72;

    public const byte IPv4 = 2; // AF_INET
    public const byte IPv6 = 10; // AF_INET6

    /// <summary>The states of listeners.</summary>
    public const uint Listeners = 1 << 10;

    /// <summary>The states of connections: all but listening and closed.</summary>
    public const uint Connections = 0x1fff & ~Listeners & ~(1u << 7) & ~1u;

    private const int HeadLength = 16;
    private const ushort ByFamily = 20; // SOCK_DIAG_BY_FAMILY
    private const ushort RequestDump = 0x301; // NLM_F_REQUEST | NLM_F_DUMP
    private const byte Tcp = 6; // IPPROTO_TCP
    private const byte WithInfo = 1 << 1; // INET_DIAG_INFO
    private const byte WithMemory = 1 << 6; // INET_DIAG_SKMEMINFO, which counts drops

    /// <summary>Writes the request for connections with their measurements, or for listeners with their drops.</summary>
    public static void Write(Span<byte> request, byte family, uint states, uint sequence)
    {
        request[..Length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(request, Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(request[6..], RequestDump);
        BinaryPrimitives.WriteUInt32LittleEndian(request[8..], sequence);
        request[HeadLength] = family;
        request[HeadLength + 1] = Tcp;
        request[HeadLength + 2] = states == Listeners ? WithMemory : WithInfo;
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeadLength + 4)..], states);
    }
}
