using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Sockeye;

internal sealed partial class AcceptFailureLog
{
    [LoggerMessage(1100, LogLevel.Warning,
        "{EndPoint} cannot accept: no descriptor or no memory is left ({Error}). " +
        "New clients wait in the queue until connections end. " +
        "Raise the limit of open files (ulimit -n), or lower the limit of connections ({Option}).")]
    private partial void LogExhausted(EndPoint endpoint, SocketError? error, string option);

    [LoggerMessage(1101, LogLevel.Warning, "{EndPoint} cannot accept; it keeps trying.")]
    private partial void LogFailed(Exception error, EndPoint endpoint);

    [LoggerMessage(1102, LogLevel.Information,
        "{EndPoint} accepts again after {Duration}: accept failed {Failures} times, {Shed} waiting clients were reset.")]
    private partial void LogRecovered(EndPoint endpoint, TimeSpan duration, int failures, int shed);
}
