using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

internal sealed partial class ReconnectLoop
{
    [LoggerMessage(3000, LogLevel.Information, "{ConnectionId} connected to {Target}: {LocalEndPoint} -> {RemoteEndPoint}.")]
    private partial void LogConnected(string connectionId, string target, EndPoint? localEndPoint, EndPoint? remoteEndPoint);

    [LoggerMessage(3001, LogLevel.Information,
        "{ConnectionId} to {Target} ended after {Held}: {Reason}. Next attempt in {Delay}.")]
    private partial void LogLost(string connectionId, string target, TimeSpan held, string reason, TimeSpan delay);

    [LoggerMessage(3002, LogLevel.Warning, "Attempt {Failures} failed: {Error}. Next attempt in {Delay}.")]
    private partial void LogAttemptFailed(int failures, Explanation error, TimeSpan delay);
}
