using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>Logs exceptions on an engine's threads that concern no connection. The thread continues.</summary>
internal sealed partial class EngineErrorLog
{
    private volatile ILogger? _logger;

    /// <summary>Sets the logger, which must not throw.</summary>
    public void UseLogger(ILogger logger) => _logger = logger;

    public void Log(string thread, Exception error)
    {
        if (_logger is { } logger)
            LogThrown(logger, error, thread, error.Message);
    }

    [LoggerMessage(4004, LogLevel.Error, "Work on the thread '{Thread}' threw an exception; the thread goes on: {Error}")]
    private static partial void LogThrown(ILogger logger, Exception exception, string thread, string error);
}
