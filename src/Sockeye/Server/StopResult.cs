namespace Sockeye;

/// <summary>How a server's connections ended when it was stopped.</summary>
/// <param name="drained">Connections that ended whole.</param>
/// <param name="aborted">Connections that were reset because <see cref="SockeyeServerOptions.ShutdownTimeout"/> was over.</param>
/// <param name="cutShort">Connections that ended in time, but not whole.</param>
public sealed class StopResult(int drained, int aborted, int cutShort)
{
    /// <inheritdoc cref="StopResult(int, int, int)"/>
    public StopResult(int drained, int aborted)
        : this(drained, aborted, 0)
    {
    }

    /// <summary>Connections that ended whole: the handler returned in time, had seen all that had come from its peer, and what it
    /// wrote was taken.</summary>
    public int Drained => drained;

    /// <summary>Connections that were reset because <see cref="SockeyeServerOptions.ShutdownTimeout"/> was over.</summary>
    public int Aborted => aborted;

    /// <summary>Connections that ended in time, but not whole: the handler threw, the connection broke, or something came from
    /// the peer that was left unread: a further request, or the answer to what this side had asked. A handler that has to wait
    /// for such an answer reads on (<c>ReadUntil.PeerEnds</c>).</summary>
    /// <remarks>Bytes that come after this side's FIN are seen without TLS only.</remarks>
    public int CutShort => cutShort;

    /// <summary>The numbers in words.</summary>
    public override string ToString() =>
        $"{drained} drained, {aborted} aborted{(cutShort > 0 ? $", {cutShort} cut short" : "")}";
}
