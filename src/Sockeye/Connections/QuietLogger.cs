using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// A logger that cannot take down what logs: what its provider throws ends here, since there is nowhere left to say it. Nor can a
/// peer forge lines by it: each message is escaped as a whole, whatever of it a peer chose.
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

    /// <summary>A line is missing in the log.</summary>
    protected virtual void OnLineLost()
    {
    }
}
