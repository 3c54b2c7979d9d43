using Microsoft.Extensions.Logging;

namespace Sockeye.Transports;

/// <summary>A logger that does not throw, for transports and for hosts that are built on Sockeye.</summary>
/// <remarks>
/// It catches the exceptions of the wrapped logger, and counts the lost lines (<c>sockeye.server.log.failures</c>). It escapes
/// each message as a whole, so that text from a peer cannot forge a line or control a terminal. Safe for use from any thread if
/// the wrapped logger is.
/// </remarks>
/// <param name="logger">The logger to write to.</param>
public sealed class SafeLogger(ILogger logger) : ILogger
{
    private readonly CountingLogger _logger = new(logger ?? throw new ArgumentNullException(nameof(logger)));

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _logger.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => _logger.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _logger.Log(logLevel, eventId, state, exception, formatter);

    private sealed class CountingLogger(ILogger logger) : QuietLogger(logger)
    {
        protected override void OnLineLost() => ServerMetrics.OnLogFailed();
    }
}
