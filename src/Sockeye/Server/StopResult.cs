namespace Sockeye;

/// <summary>How a server's connections ended when it was stopped.</summary>
/// <param name="drained">Connections whose handlers finished in time.</param>
/// <param name="aborted">Connections that were reset because <see cref="SockeyeServerOptions.ShutdownTimeout"/> was over.</param>
public sealed class StopResult(int drained, int aborted)
{
    /// <summary>Connections whose handlers finished in time.</summary>
    public int Drained => drained;

    /// <summary>Connections that were reset because <see cref="SockeyeServerOptions.ShutdownTimeout"/> was over.</summary>
    public int Aborted => aborted;

    /// <summary>Both numbers in words.</summary>
    public override string ToString() => $"{drained} drained, {aborted} aborted";
}
