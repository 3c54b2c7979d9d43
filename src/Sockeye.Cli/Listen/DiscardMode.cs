using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary><c>--discard</c>: reads all data and drops it, and sends FIN after the client's FIN.</summary>
internal static class DiscardMode
{
    public static Task RunAsync(ConnectionContext connection) => connection.ReadArrivedAsync(static _ => new(true));
}
