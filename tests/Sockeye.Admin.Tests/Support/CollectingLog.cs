using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Sockeye.Admin.Tests.Support;

/// <summary>Keeps all lines.</summary>
internal sealed class CollectingLog(FakeLogCollector lines) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new FakeLogger(lines, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("One collector is enough.");

    public void Dispose()
    {
        // Nothing to free.
    }
}
