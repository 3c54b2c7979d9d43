using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

public sealed partial class SockeyeServer
{
    private readonly ILogger _logger;

    [LoggerMessage(1000, LogLevel.Information, "Listening on {EndPoint}: {Pipeline}.")]
    private partial void LogListening(EndPoint endPoint, string pipeline);

    [LoggerMessage(1001, LogLevel.Information, "Stopped: {Drained} connections drained, {Aborted} aborted.")]
    private partial void LogStopped(int drained, int aborted);

    [LoggerMessage(1002, LogLevel.Warning, "{Count} handlers go on although their connections were aborted.")]
    private partial void LogHandlersLeft(int count);

    [LoggerMessage(1350, LogLevel.Warning,
        "{Transport} does not tell what moves on its connections: of their time-outs only Lifetime works. Use a transport of " +
        "Sockeye's, or turn the others off.")]
    private partial void LogUncounted(string transport);

    [LoggerMessage(1003, LogLevel.Warning,
        "All {MaxConnections} connections are in use (MaxConnections): {RemoteEndPoint} and whoever comes next {Fate}.")]
    private partial void LogRejecting(int maxConnections, EndPoint? remoteEndPoint, string fate);

    [LoggerMessage(1302, LogLevel.Warning,
        "All {MaxConnections} connections are in use (MaxConnections): new clients wait in the accept queue (LeaveInBacklog).")]
    private partial void LogLeavingInBacklog(int maxConnections);
}
