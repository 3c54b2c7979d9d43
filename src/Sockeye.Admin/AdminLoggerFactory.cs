using Microsoft.Extensions.Logging;

namespace Sockeye.Admin;

/// <summary>
/// What the page's own server logs, in a category of its own, so that nobody takes it for the server that is shown; and from
/// Warning on, since a line for each connection of a browser helps nobody.
/// </summary>
internal sealed class AdminLoggerFactory(ILoggerFactory factory) : ILoggerFactory
{
    public const string Category = "Sockeye.Admin";

    public ILogger CreateLogger(string categoryName) => new Warnings(factory.CreateLogger(Category));

    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    public void Dispose()
    {
        // The factory is its owner's.
    }

    private sealed class Warnings(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && logger.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
                logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
