using Microsoft.Extensions.Logging;

namespace Sockeye;

public sealed partial class WireCapture
{
    private void LogStarted(string file) => LogStarted(Logger, file);

    private void LogDropping(long count, string file, long queued) => LogDropping(Logger, count, file, queued);

    private void LogFailed(Exception error, string file, string message) => LogFailed(Logger, error, file, message);

    private void LogFull(string file, long frames, long bytes, long dropped) => LogFull(Logger, file, frames, bytes, dropped);

    private void LogEnded(string file, long frames, long bytes, long dropped) => LogEnded(Logger, file, frames, bytes, dropped);

    private void LogCutShort(string file, TimeSpan timeout) => LogCutShort(Logger, file, timeout);

    [LoggerMessage(1750, LogLevel.Warning,
        "The bytes of connections are recorded to {File} in clear text. The file can contain secrets.")]
    private static partial void LogStarted(ILogger logger, string file);

    [LoggerMessage(1751, LogLevel.Warning,
        "{Count} frames were dropped so far: writing to {File} is slower than the connections, and {MaxQueuedBytes} bytes "
            + "(MaxQueuedBytes) wait already.")]
    private static partial void LogDropping(ILogger logger, long count, string file, long maxQueuedBytes);

    [LoggerMessage(1752, LogLevel.Error, "Recording to {File} failed and has ended; connections continue: {Message}")]
    private static partial void LogFailed(ILogger logger, Exception error, string file, string message);

    [LoggerMessage(1753, LogLevel.Warning,
        "Recording to {File} has reached its limit (MaxFileSize or MaxAge) and has ended: {Frames} frames, {Bytes} bytes, "
            + "{Dropped} frames dropped.")]
    private static partial void LogFull(ILogger logger, string file, long frames, long bytes, long dropped);

    [LoggerMessage(1754, LogLevel.Information,
        "Recording to {File} has ended: {Frames} frames, {Bytes} bytes, {Dropped} frames dropped.")]
    private static partial void LogEnded(ILogger logger, string file, long frames, long bytes, long dropped);

    [LoggerMessage(1755, LogLevel.Warning,
        "Recording to {File} ended before everything was written: it took longer than {Timeout}.")]
    private static partial void LogCutShort(ILogger logger, string file, TimeSpan timeout);
}
