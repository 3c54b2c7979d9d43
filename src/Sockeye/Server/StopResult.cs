namespace Sockeye;

/// <summary>The numbers of connections by how they ended when their server was stopped.</summary>
public sealed class StopResult
{
    internal StopResult(int drained, int aborted, int cutShort) => (Drained, Aborted, CutShort) = (drained, aborted, cutShort);

    /// <summary>Gets the number of connections that ended completely: the handler returned in time and had read everything that
    /// its peer had sent, and the system accepted everything that the handler had written.</summary>
    public int Drained { get; }

    /// <summary>Gets the number of connections that were reset because <see cref="SockeyeServerOptions.ShutdownTimeout"/> was
    /// over.</summary>
    public int Aborted { get; }

    /// <summary>Gets the number of connections that ended in time, but not completely: the handler threw, the connection broke,
    /// or the handler did not read something that the peer had sent, such as another request, or the answer to a request of this
    /// side. A handler that has to wait for such an answer continues to read (<c>ReadUntil.PeerEnds</c>).</summary>
    /// <remarks>Bytes that arrive after this side's FIN are counted only without TLS.</remarks>
    public int CutShort { get; }

    /// <summary>Returns the numbers as text.</summary>
    public override string ToString() =>
        $"{Drained} drained, {Aborted} aborted{(CutShort > 0 ? $", {CutShort} cut short" : "")}";
}
