using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>A logger that cannot take the server down. The lines that are missing are counted.</summary>
internal sealed class SafeLogger(ILogger logger) : QuietLogger(logger)
{
    protected override void OnLineLost() => ServerMetrics.OnLogFailed();
}
