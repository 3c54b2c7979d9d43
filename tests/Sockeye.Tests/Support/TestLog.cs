using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Sockeye.Tests.Support;

/// <summary>A logger factory that keeps all lines.</summary>
/// <param name="onLine">Called with each line, by the code that logs it.</param>
internal sealed class TestLog(Action<string>? onLine = null) : ILoggerFactory
{
    public FakeLogCollector Lines { get; } = FakeLogCollector.Create(new() { OutputSink = onLine });

    public IEnumerable<FakeLogRecord> WithId(int eventId) => Lines.GetSnapshot().Where(line => line.Id.Id == eventId);

    public ILogger CreateLogger(string categoryName) => new FakeLogger(Lines, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("One collector is enough.");

    public void Dispose()
    {
    }
}
