using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

internal sealed partial class HandlerWatchdog
{
    [LoggerMessage(4002, LogLevel.Warning,
        "The handler of {ConnectionId} ({RemoteEndPoint}) blocks its engine thread, {Thread}, for {Seconds:0.0} s now: " +
        "{Waiting} other connections wait for it.")]
    private static partial void LogBlocked(
        ILogger logger, string connectionId, EndPoint? remoteEndPoint, string thread, double seconds, int waiting);

    [LoggerMessage(4003, LogLevel.Warning,
        "The handler of {ConnectionId} ({RemoteEndPoint}) goes on. It held its engine thread, {Thread}, for {Seconds:0.0} s: " +
        "{Waiting} other connections waited.")]
    private static partial void LogResumed(
        ILogger logger, string connectionId, EndPoint? remoteEndPoint, string thread, double seconds, int waiting);
}
