using System.Globalization;
using System.Net.NetworkInformation;

namespace Sockeye.Cli;

/// <summary>The text for socket operations, shared by the trace and the demo.</summary>
internal static class StepText
{
    public static string Function(SocketFunction function) => function switch
    {
        SocketFunction.Receive => "recv",
        _ => function.ToString().ToLowerInvariant(),
    };

    /// <summary>The state as RFC 9293 and <c>ss</c> write it; empty if the system does not report it.</summary>
    public static string State(TcpState? state) => state switch
    {
        null or TcpState.Unknown => "",
        TcpState.SynSent => "SYN-SENT",
        TcpState.SynReceived => "SYN-RECEIVED",
        TcpState.FinWait1 => "FIN-WAIT-1",
        TcpState.FinWait2 => "FIN-WAIT-2",
        TcpState.CloseWait => "CLOSE-WAIT",
        TcpState.LastAck => "LAST-ACK",
        TcpState.TimeWait => "TIME-WAIT",
        _ => state.Value.ToString().ToUpperInvariant(),
    };

    public static string Milliseconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.000} ms");

    public static string AcceptQueue(TcpInfo info) =>
        string.Create(CultureInfo.InvariantCulture, $"accept queue {info.AcceptQueueDepth} of {info.AcceptQueueLimit}");

    /// <summary>The effect of the step on the wire.</summary>
    public static string Note(SocketStep step) => step switch
    {
        { Function: SocketFunction.Close, IsReset: true } => "RST",
        { IsReset: true } => "RST from the peer",
        { Error: { } error } => $"failed: {error}",
        { Function: SocketFunction.Listen, TcpInfo: { AcceptQueueLimit: not null } info } => AcceptQueue(info),
        { Function: SocketFunction.Connect, TcpInfo: null } => $"in {Milliseconds(step.Elapsed)}",
        { Function: SocketFunction.Connect } => $"SYN, SYN/ACK, ACK in {Milliseconds(step.Elapsed)}",
        { Function: SocketFunction.Accept, TcpInfo.RoundTripTime: { } roundTrip } =>
            $"SYN, SYN/ACK, ACK: round trip {Milliseconds(roundTrip)}",
        { Function: SocketFunction.Receive, Bytes: 0 } => "FIN from the peer",
        { Function: SocketFunction.Shutdown } => "FIN",
        _ => "",
    };
}
