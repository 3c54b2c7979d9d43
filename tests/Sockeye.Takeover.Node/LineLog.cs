using Microsoft.Extensions.Logging;

namespace Sockeye.Takeover.Node;

/// <summary>Writes the log of takeovers, one line an event, to standard output.</summary>
internal sealed class LineLog : ILoggerFactory, ILogger
{
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
        if (eventId.Id is >= 1370 and <= 1380 || logLevel >= LogLevel.Error)
            Console.WriteLine($"log {eventId.Id} {formatter(state, exception)}");
    }

    public void Dispose()
    {
        // It holds nothing.
    }
}
