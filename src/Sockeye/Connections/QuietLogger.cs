using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// A logger that does not throw: an exception of its provider is ignored, because it cannot be logged. A peer cannot forge lines
/// of the log: each message is escaped as a whole.
/// </summary>
internal class QuietLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return logger.BeginScope(state);
        }
        catch (Exception)
        {
            return null; // See the type's comment.
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false; // See the type's comment.
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(
                logLevel, eventId, state, exception is null ? null : PrintableException.Wrap(exception),
                (value, error) => PrintableText.Escape(formatter(value, error)));
        }
        catch (Exception)
        {
            OnLineLost(); // See the type's comment.
        }
    }

    /// <summary>Called when a message could not be logged.</summary>
    protected virtual void OnLineLost()
    {
    }
}
