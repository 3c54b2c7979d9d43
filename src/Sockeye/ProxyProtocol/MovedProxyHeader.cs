using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The PROXY header of a connection that moves: the other server does not read it from the peer.</summary>
internal static class MovedProxyHeader
{
    private const string Part = "proxy";

    /// <summary>Lets the header move with the connection.</summary>
    public static void Keep(ConnectionContext connection, ProxyHeader header) =>
        connection.Move?.AddPart(Part, () => Write(header));

    /// <summary>Gives a continued connection the header that came with it. Its addresses are the client's already.</summary>
    public static void Restore(ConnectionContext connection)
    {
        if (connection.Move?.FindPart(Part) is not { } bytes || Read(bytes.Span) is not { } header)
            return;
        connection.Features.Set(header);
        connection.Features.Set<IProxiedConnectionFeature>(header);
        Keep(connection, header);
    }

    private static byte[] Write(ProxyHeader header)
    {
        var output = new ArrayBufferWriter<byte>();
        header.WriteTo(output);
        var wire = output.WrittenSpan.ToArray();
        output.Clear();
        SnapshotFormat.WriteEndPoint(output, header.ProxyEndPoint);
        SnapshotFormat.WriteEndPoint(output, header.AcceptedEndPoint);
        SnapshotFormat.WriteBlock(output, wire);
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are not those of <see cref="Write"/>.</exception>
    private static ProxyHeader? Read(ReadOnlySpan<byte> bytes)
    {
        var input = new SnapshotReader(bytes);
        var proxy = SnapshotFormat.ReadEndPoint(ref input, "the address of the proxy");
        var accepted = SnapshotFormat.ReadEndPoint(ref input, "the address that the proxy connected to");
        var wire = new ReadOnlySequence<byte>(input.TakeBlock("the PROXY header"));
        if (!ProxyHeader.TryParse(ref wire, out var header, ushort.MaxValue))
            throw input.Error("the PROXY header is not whole");
        (header.ProxyEndPoint, header.AcceptedEndPoint) = (proxy, accepted);
        return header;
    }
}
