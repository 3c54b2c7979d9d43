using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>Logs exceptions on engine threads that do not concern a connection. The thread continues.</summary>
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

    [LoggerMessage(4004, LogLevel.Error, "Work on the thread '{Thread}' threw an exception; the thread continues: {Error}")]
    private static partial void LogThrown(ILogger logger, Exception exception, string thread, string error);
}
