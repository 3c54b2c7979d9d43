using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

public sealed partial class SockeyeServer
{
    [LoggerMessage(1000, LogLevel.Information, "Listening on {EndPoint}: {Pipeline}.")]
    private partial void LogListening(EndPoint endpoint, string pipeline);

    [LoggerMessage(1001, LogLevel.Information,
        "Stopped: {Drained} connections drained, {Aborted} aborted, {CutShort} cut short.")]
    private partial void LogStopped(int drained, int aborted, int cutShort);

    [LoggerMessage(1004, LogLevel.Information, "Reloaded: {Added} listeners added, {Kept} kept, {Removed} removed.")]
    private partial void LogReloaded(int added, int kept, int removed);

    [LoggerMessage(1005, LogLevel.Information, "Still listening on {EndPoint}; new clients get: {Pipeline}.")]
    private partial void LogKept(EndPoint endpoint, string pipeline);

    [LoggerMessage(1006, LogLevel.Information,
        "{EndPoint} was removed: it accepts no more clients, and its {Count} connections may finish for {ShutdownTimeout}.")]
    private partial void LogRemoved(EndPoint endpoint, long count, TimeSpan shutdownTimeout);

    [LoggerMessage(1007, LogLevel.Information,
        "{EndPoint}, which was removed, has ended: {Drained} connections drained, {Aborted} aborted, " +
        "{CutShort} cut short.")]
    private partial void LogDrained(EndPoint endpoint, int drained, int aborted, int cutShort);
}
