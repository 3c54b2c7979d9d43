using Microsoft.Extensions.Logging;

namespace Sockeye.Upgrade.Nodes;

/// <summary>Writes to standard error why a connection did not move, and what failed.</summary>
internal sealed class RefusalLog : ILoggerFactory, ILogger
{
    private const int NotMoved = 1360;

    public void AddProvider(ILoggerProvider provider)
    {
        // There is one.
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == NotMoved || logLevel >= LogLevel.Error)
            Console.Error.WriteLine($"log {eventId.Id} {formatter(state, exception)}");
    }

    public void Dispose()
    {
        // It holds nothing.
    }
}
