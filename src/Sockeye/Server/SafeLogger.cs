using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// A logger that cannot take the server down: what its provider throws ends here, since there is nowhere left to say it.
/// </summary>
internal sealed class SafeLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => Try(() => logger.BeginScope(state));

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
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            ServerMetrics.OnLogFailed(); // See the type's comment; the count shows that lines are missing.
        }
    }

    private static T? Try<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception)
        {
            return default; // See the type's comment.
        }
    }
}
