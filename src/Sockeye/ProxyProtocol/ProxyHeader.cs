using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// What a proxy says of the connection that it relays: a header of the PROXY protocol, versions 1 and 2, as it comes before the
/// first byte of the client.
/// </summary>
/// <remarks>
/// What it says as text is safe to print, controls and the like in hexadecimal (<see cref="PrintableText"/>): a client may have
/// chosen it. <see cref="Tlvs"/> has the bytes.
/// </remarks>
public sealed class ProxyHeader : IProxiedConnectionFeature
{
    /// <summary>
    /// The longest header that is read by default, in bytes: see <see cref="ProxyProtocolOptions.MaxHeaderLength"/>.
    /// </summary>
    public const int DefaultMaxLength = 4096;

    private const byte VpcEndPointId = 1;

    /// <summary>Its form. Default: <see cref="ProxyProtocolVersion.V2"/>.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>
    /// Whether the proxy speaks for itself, as with a health check. Default: false. Version 1 has no such word: it says UNKNOWN.
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>The client. Null where the proxy does not tell, and for a Unix socket without a name.</summary>
    public EndPoint? Source { get; init; }

    /// <summary>What the client connected to. Null where the proxy does not tell.</summary>
    public EndPoint? Destination { get; init; }

    /// <summary>
    /// What follows the addresses in version 2, in order, unknown ones too; padding is left out. Default: none.
    /// </summary>
    public IReadOnlyList<ProxyTlv> Tlvs
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = [];

    /// <summary>
    /// The proxy's own address, from which it connected. Null in a header that came over no connection, and on Unix sockets.
    /// </summary>
    public EndPoint? ProxyEndPoint { get; internal set; }

    /// <summary>The address of this machine that the proxy connected to. Null in a header that came over no connection.</summary>
    public EndPoint? AcceptedEndPoint { get; internal set; }

    /// <summary>The protocol agreed on by ALPN between client and proxy, as <c>h2</c>.</summary>
    public string? Alpn => ProxyTlvs.GetText(Tlvs, ProxyTlvType.Alpn);

    /// <summary>The host name that the client asked for; with TLS its SNI. As the client sent it: not checked.</summary>
    public string? Authority => ProxyTlvs.GetText(Tlvs, ProxyTlvType.Authority);

    /// <summary>The proxy's own id of the connection; empty without one.</summary>
    public ReadOnlyMemory<byte> UniqueId => ProxyTlvs.Find(Tlvs, ProxyTlvType.UniqueId) ?? default;

    /// <summary>What the proxy tells of the client's TLS; null where it tells nothing.</summary>
    public ProxySslInfo? Ssl => ProxyTlvs.Find(Tlvs, ProxyTlvType.Ssl) is { } value ? ProxySslInfo.TryRead(value) : null;

    /// <summary>The VPC endpoint of Amazon through which the client came, as <c>vpce-08d2bf15fac5001c9</c>.</summary>
    public string? AwsVpcEndpointId =>
        ProxyTlvs.Find(Tlvs, ProxyTlvType.Aws) is { Span: [VpcEndPointId, .. var id] } ? PrintableText.Escape(id) : null;

    /// <summary>Whether it names a client.</summary>
    internal bool HasAddresses => !IsLocal && (Source ?? Destination) is not null;

    /// <summary>
    /// The header with which a proxy passes on the client of a connection that it accepted: that connection's addresses, which
    /// are the client's own also where the connection came with a PROXY header, and the TLVs of that header.
    /// </summary>
    /// <param name="connection">The accepted connection.</param>
    /// <param name="version">The form. Version 1 has no TLVs: they are left out.</param>
    public static ProxyHeader FromConnection(ConnectionContext connection, ProxyProtocolVersion version = ProxyProtocolVersion.V2)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return new()
        {
            Version = version,
            Source = connection.RemoteEndPoint,
            Destination = connection.LocalEndPoint,
            Tlvs = version is ProxyProtocolVersion.V2 && connection.ProxyHeader is { } received ? received.Tlvs : [],
        };
    }

    /// <summary>Takes a header from the front of <paramref name="input"/>.</summary>
    /// <param name="input">All bytes that have come. With a header it is moved behind it; without one it stays.</param>
    /// <param name="header">The header.</param>
    /// <param name="maxLength">The longest one in bytes; version 1 has at most 107 in any case.</param>
    /// <returns>
    /// True with a header; false when more bytes are needed, and never when the bytes can no longer become a header.
    /// </returns>
    /// <exception cref="InvalidDataException">The bytes are no header; the message says what came instead.</exception>
    public static bool TryParse(
        ref ReadOnlySequence<byte> input, [NotNullWhen(true)] out ProxyHeader? header, int maxLength = DefaultMaxLength)
    {
        var parsed = ProxyHeaderParser.Parse(input, maxLength);
        if (parsed.Error is { } error)
            throw new InvalidDataException($"There is no PROXY header: {error}.");
        header = parsed.Header;
        input = input.Slice(parsed.Length);
        return header is not null;
    }

    /// <summary>Writes the header. A header that cannot be written is an error before the first byte.</summary>
    /// <remarks>
    /// Version 1 says UNKNOWN of what it has no words for: Unix sockets, and a proxy that speaks for itself. An IPv4 and an IPv6
    /// address in one header are both written as IPv6.
    /// </remarks>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="InvalidOperationException">The version cannot express it; the message says what.</exception>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (Version is ProxyProtocolVersion.V1)
            ProxyHeaderV1.Write(this, output);
        else if (Version is ProxyProtocolVersion.V2)
            ProxyHeaderV2Writer.Write(this, output);
        else
            throw new InvalidOperationException($"There is no version {Version} of the PROXY protocol: set Version to V1 or V2.");
    }

    /// <summary>Version and addresses, for logs.</summary>
    public override string ToString() => $"PROXY {Version}: " + (
        IsLocal ? "the proxy itself" : HasAddresses ? $"{Source} -> {Destination}" : "an unknown client");
}
