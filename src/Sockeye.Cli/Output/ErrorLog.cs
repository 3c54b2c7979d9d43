using Microsoft.Extensions.Logging;

namespace Sockeye.Cli;

/// <summary>Shows what the library logs on standard error, as "warning: …".</summary>
internal sealed class ErrorLog(ErrorLines errors, LogLevel lowest) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The tool logs to standard error only.");

    public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest && logLevel is not LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        // The message of an exception, without its stack: these lines are for users, and a stack would open the symbol files.
        var cause = exception is null ? "" : $" ({exception.Message.TrimEnd('.')})";
        errors.WriteLine($"{Label(logLevel)}: {formatter(state, exception)}{cause}");
    }

    public void Dispose()
    {
        // Standard error stays open.
    }

    private static string Label(LogLevel level) => level switch
    {
        LogLevel.Warning => "warning",
        LogLevel.Error or LogLevel.Critical => "error",
        LogLevel.Information => "info",
        _ => "debug",
    };
}
