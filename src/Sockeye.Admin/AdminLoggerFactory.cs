using Microsoft.Extensions.Logging;

namespace Sockeye.Admin;

/// <summary>
/// Logs the page's own server in a separate category, so that it is not mistaken for the server that the page shows; and from
/// level Warning on, because a line for each connection of a browser is noise.
/// </summary>
internal sealed class AdminLoggerFactory(ILoggerFactory factory) : ILoggerFactory
{
    public const string Category = "Sockeye.Admin";

    public ILogger CreateLogger(string categoryName) => new Warnings(factory.CreateLogger(Category));

    public void AddProvider(ILoggerProvider provider) => factory.AddProvider(provider);

    public void Dispose()
    {
        // The factory belongs to its owner, who disposes it.
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
