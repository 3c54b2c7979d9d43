using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// A header of the PROXY protocol, version 1 or 2, which a proxy sends before the first byte of the client to describe the
/// connection that it relays.
/// </summary>
/// <remarks>
/// Texts are safe to print, with control characters in hexadecimal (<see cref="PrintableText"/>), because a client may have
/// chosen them. <see cref="Tlvs"/> has the original bytes.
/// </remarks>
public sealed class ProxyHeader : IProxiedConnectionFeature
{
    /// <summary>
    /// The default of <see cref="ProxyProtocolOptions.MaxHeaderLength"/>, in bytes.
    /// </summary>
    public const int DefaultMaxLength = 4096;

    private const byte VpcEndPointId = 1;

    /// <summary>Gets the version. Default: <see cref="ProxyProtocolVersion.V2"/>.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>
    /// Gets whether the connection is the proxy's own, such as a health check. Default: false. Version 1 cannot express it, and
    /// sends UNKNOWN.
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>Gets the client. Null if the header does not name it, and for a Unix socket without a name.</summary>
    public EndPoint? Source { get; init; }

    /// <summary>Gets the endpoint that the client connected to. Null if the header does not name it.</summary>
    public EndPoint? Destination { get; init; }

    /// <summary>
    /// Gets the TLVs of version 2, in order, including unknown ones, without padding. Default: none.
    /// </summary>
    public IReadOnlyList<ProxyTlv> Tlvs
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = [];

    /// <summary>
    /// Gets the address from which the proxy connected. Null for a header without a connection, and on Unix sockets.
    /// </summary>
    public EndPoint? ProxyEndPoint { get; internal set; }

    /// <summary>Gets the local address that the proxy connected to. Null for a header without a connection.</summary>
    public EndPoint? AcceptedEndPoint { get; internal set; }

    /// <summary>Gets the protocol that client and proxy negotiated by ALPN, such as <c>h2</c>.</summary>
    public string? Alpn => ProxyTlvs.GetText(Tlvs, ProxyTlvType.Alpn);

    /// <summary>Gets the host name that the client requested (with TLS, its SNI), unchecked.</summary>
    public string? Authority => ProxyTlvs.GetText(Tlvs, ProxyTlvType.Authority);

    /// <summary>Gets the proxy's id of the connection; empty if there is none.</summary>
    public ReadOnlyMemory<byte> UniqueId => ProxyTlvs.Find(Tlvs, ProxyTlvType.UniqueId) ?? default;

    /// <summary>Gets the proxy's data about the client's TLS; null if there is none.</summary>
    public ProxySslInfo? Ssl => ProxyTlvs.Find(Tlvs, ProxyTlvType.Ssl) is { } value ? ProxySslInfo.TryRead(value) : null;

    /// <summary>Gets the Amazon VPC endpoint through which the client connected, such as <c>vpce-08d2bf15fac5001c9</c>.</summary>
    public string? AwsVpcEndpointId =>
        ProxyTlvs.Find(Tlvs, ProxyTlvType.Aws) is { Span: [VpcEndPointId, .. var id] } ? PrintableText.Escape(id) : null;

    /// <summary>Gets whether the header names a client.</summary>
    internal bool HasAddresses => !IsLocal && (Source ?? Destination) is not null;

    /// <summary>
    /// Creates the header with which a proxy passes on the client of an accepted connection. It contains the addresses of the
    /// connection, which are the client's own even behind another proxy, and the TLVs of the received header.
    /// </summary>
    /// <param name="connection">The accepted connection.</param>
    /// <param name="version">The version. Version 1 has no TLVs, so they are left out.</param>
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

    /// <summary>Reads a header from the start of <paramref name="input"/>.</summary>
    /// <param name="input">The received bytes. A header is removed from them; otherwise, they stay unchanged.</param>
    /// <param name="header">The header.</param>
    /// <param name="maxLength">The maximum length in bytes; version 1 has at most 107 in any case.</param>
    /// <returns>
    /// True with a header; false if more bytes are needed.
    /// </returns>
    /// <exception cref="InvalidDataException">The bytes are not a header; the message describes them.</exception>
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

    /// <summary>Writes the header, or throws before the first byte.</summary>
    /// <remarks>
    /// Version 1 writes UNKNOWN for what it cannot express: Unix sockets, and connections of the proxy itself. An IPv4 and an
    /// IPv6 address in one header are both written as IPv6.
    /// </remarks>
    /// <param name="output">Receives the bytes.</param>
    /// <exception cref="InvalidOperationException">The version cannot express the header; the message says why.</exception>
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

    /// <summary>Returns version and addresses, for logs.</summary>
    public override string ToString() => $"PROXY {Version}: " + (
        IsLocal ? "the proxy itself" : HasAddresses ? $"{Source} -> {Destination}" : "an unknown client");
}
