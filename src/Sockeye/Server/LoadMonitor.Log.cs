using Microsoft.Extensions.Logging;

namespace Sockeye;

internal sealed partial class LoadMonitor
{
    private readonly ILogger _logger;

    [LoggerMessage(1310, LogLevel.Warning, "{Kind} at {Level} %: {Description}.")]
    private partial void LogSign(SaturationKind kind, int level, string description);

    [LoggerMessage(1311, LogLevel.Information, "{Kind}{Where} is over: it was there for {Duration}.")]
    private partial void LogSignOver(SaturationKind kind, string where, TimeSpan duration);
}
