using Microsoft.Extensions.Logging;

namespace Sockeye.Transports;

/// <summary>A transport that writes to the log of the server that uses it.</summary>
public interface ILoggingTransport
{
    /// <summary>Logs how the transport works, and sets the logger for its later messages.</summary>
    /// <remarks>
    /// Each server that starts on the transport calls this once. Messages that do not concern a particular server go to the last
    /// logger.
    /// </remarks>
    /// <param name="logger">A logger that does not throw, such as <see cref="SafeLogger"/>.</param>
    void UseLogger(ILogger logger);
}
