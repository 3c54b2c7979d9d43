using Microsoft.Extensions.Logging;

namespace Sockeye.Cli;

/// <summary>Shows the log of the library on standard error, as "warning: …".</summary>
internal sealed class ErrorLog(ErrorLines errors, LogLevel minLevel) : ILoggerFactory, ILogger
{
    // "Listening on …": the tool writes that line itself, with the options of its user.
    private const int Listening = 1000;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The tool logs to standard error only.");

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minLevel && logLevel is not LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || eventId.Id == Listening)
            return;
        // The message of an exception, without its stack: these lines are for users, and a stack would open the symbol files.
        var cause = exception is null ? "" : $" ({OptionNames.Describe(exception)})";
        errors.WriteLine($"{GetLabel(logLevel)}: {LogText.Format(state, exception, formatter)}{cause}");
    }

    public void Dispose()
    {
        // Standard error stays open.
    }

    private static string GetLabel(LogLevel level) => level switch
    {
        LogLevel.Warning => "warning",
        LogLevel.Error or LogLevel.Critical => "error",
        LogLevel.Information => "info",
        _ => "debug",
    };
}
