using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>Logs what is thrown on an engine's threads and concerns no connection: the thread goes on.</summary>
internal sealed partial class EngineErrorLog
{
    private volatile ILogger? _logger;

    /// <summary>Logs to this logger from now on; it must not throw.</summary>
    public void LogTo(ILogger logger) => _logger = logger;

    /// <summary>From any thread.</summary>
    public void Log(string thread, Exception error)
    {
        if (_logger is { } logger)
            LogThrown(logger, error, thread, error.Message);
    }

    [LoggerMessage(4004, LogLevel.Error, "Work on the thread '{Thread}' threw an exception; the thread goes on: {Error}")]
    private static partial void LogThrown(ILogger logger, Exception exception, string thread, string error);
}
