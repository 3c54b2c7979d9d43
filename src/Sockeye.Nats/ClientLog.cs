using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sockeye.Nats;

/// <summary>The log of a NATS client. Keeps the latest cause of a failure, which the client only logs, and passes all lines to
/// the log that the user has set for the client.</summary>
internal sealed class ClientLog(ILoggerFactory users) : ILoggerFactory
{
    private readonly ConcurrentDictionary<string, ILogger> _loggers = new();
    private volatile Exception? _latest;

    /// <summary>Gets the text of the innermost exception that the client logged last.</summary>
    public string? Cause => _latest?.GetBaseException().Message;

    // The client asks for a logger for each subscription.
    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, static (name, log) => new Category(log, log.User(name)), this);

    public void AddProvider(ILoggerProvider provider) => users.AddProvider(provider);

    public void Dispose()
    {
        // The factory belongs to the user.
    }

    private ILogger User(string name) => users.CreateLogger(name);

    private sealed class Category(ClientLog log, ILogger user) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => user.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning || user.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null && logLevel >= LogLevel.Warning)
                log._latest = exception;
            if (user.IsEnabled(logLevel))
                user.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
