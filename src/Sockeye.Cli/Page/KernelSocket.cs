using System.Net;

namespace Sockeye.Cli;

/// <summary>A TCP socket of a connection, as the kernel reports it.</summary>
/// <param name="Local">The local endpoint.</param>
/// <param name="Remote">The remote endpoint.</param>
/// <param name="State">The state as RFC 9293 writes it.</param>
internal sealed record KernelSocket(IPEndPoint Local, IPEndPoint Remote, string State)
{
    /// <summary>Sent bytes that the peer has not acknowledged; null if the system does not report it.</summary>
    public long? SendQueue { get; init; }

    /// <summary>Received bytes that the program has not read.</summary>
    public long? ReceiveQueue { get; init; }

    /// <summary>The kind of timer that runs: retransmit, keep-alive, time-wait, probe; null if none runs.</summary>
    public string? Timer { get; init; }

    /// <summary>Seconds until the timer fires.</summary>
    public double? TimeLeft { get; init; }

    /// <summary>Times that the oldest segment was sent again.</summary>
    public int? Retransmits { get; init; }
}
