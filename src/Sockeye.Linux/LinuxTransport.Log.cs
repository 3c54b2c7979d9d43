using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

public sealed partial class LinuxTransport
{
    [LoggerMessage(4000, LogLevel.Information,
        "TCP is served by {Engine}: {Reason}. Engine threads: {ThreadCount}; handlers run {HandlersRun}.")]
    private static partial void LogEngine(
        ILogger logger, string engine, string reason, int threadCount, string handlersRun);

    [LoggerMessage(4001, LogLevel.Warning,
        "The backlog is {Limit} connections and not {Backlog}, since the system cuts it: raise it by " +
        "'sysctl -w net.core.somaxconn={Backlog}', or ask for less.")]
    private static partial void LogBacklogCut(ILogger logger, int backlog, int limit);
}
