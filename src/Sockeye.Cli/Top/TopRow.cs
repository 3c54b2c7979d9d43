using System.Net.NetworkInformation;

namespace Sockeye.Cli;

/// <summary>One connection as <c>sockeye top</c> shows it: of the machine, or of a server. A value is null where its source does
/// not know it.</summary>
internal sealed class TopRow
{
    private SocketName _localName;
    private SocketName _remoteName;
    private string? _local;
    private string? _remote;

    /// <summary>Gets the id of the server; on the machine, the number of the kernel.</summary>
    public required string Key { get; init; }

    public string? Id { get; init; }

    public SocketName LocalName
    {
        get => _localName;
        set => (_localName, _local) = (value, null);
    }

    public SocketName RemoteName
    {
        get => _remoteName;
        set => (_remoteName, _remote) = (value, null);
    }

    public string Local
    {
        get => _local ??= _localName.ToString();
        init => _local = value;
    }

    public string Remote
    {
        get => _remote ??= _remoteName.ToString();
        init => _remote = value;
    }

    public string State { get; set; } = "";

    /// <summary>Gets or sets the reason to wait: the handler, a read that is paused, a send that is blocked.</summary>
    public string? Note { get; set; }

    public long? ReceiveQueue { get; set; }

    public long? SendQueue { get; set; }

    public double? ReceivedPerSecond { get; set; }

    public double? SentPerSecond { get; set; }

    public long? Received { get; set; }

    public long? Sent { get; set; }

    public TimeSpan? RoundTrip { get; set; }

    public long? Retransmits { get; set; }

    public TimeSpan? Age { get; set; }

    /// <summary>Gets or sets whether the connection is older than <see cref="Age"/>: it was open before the first
    /// snapshot.</summary>
    public bool IsOlder { get; set; }

    public TimeSpan? Idle { get; set; }

    public uint Inode { get; set; }

    public uint? UserId { get; set; }

    public SocketOwner? Owner { get; set; }

    public SocketMeasures Measures { get; set; }

    public SocketTimer Timer { get; set; }

    public TimeSpan TimerExpires { get; set; }

    /// <summary>Gets or sets the recent values; null until the connection was shown once.</summary>
    public TopHistory? History { get; set; }

    /// <summary>Gets or sets the last snapshot that had this connection.</summary>
    public int Generation { get; set; }

    public bool IsGone { get; set; }

    /// <summary>Returns the state as <c>ss</c> writes it; always the same string object.</summary>
    public static string GetState(TcpState state) => state switch
    {
        TcpState.Established => "ESTAB",
        TcpState.SynSent => "SYN-SENT",
        TcpState.SynReceived => "SYN-RECV",
        TcpState.FinWait1 => "FIN-WAIT-1",
        TcpState.FinWait2 => "FIN-WAIT-2",
        TcpState.TimeWait => "TIME-WAIT",
        TcpState.CloseWait => "CLOSE-WAIT",
        TcpState.LastAck => "LAST-ACK",
        TcpState.Closing => "CLOSING",
        TcpState.Closed => "CLOSED",
        _ => "?",
    };

    /// <summary>Returns the numbers at one end of this connection, of the machine or parsed from the server's text.</summary>
    public SocketName GetName(bool isLocal)
    {
        var name = isLocal ? _localName : _remoteName;
        var text = isLocal ? _local : _remote;
        return name == default && text is not null && System.Net.IPEndPoint.TryParse(text, out var endpoint)
            ? SocketName.From(endpoint) : name;
    }
}
