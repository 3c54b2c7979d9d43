using Microsoft.Extensions.Logging;

namespace Sockeye.Transports;

/// <summary>A transport that writes to the log of the server that uses it.</summary>
public interface ILoggingTransport
{
    /// <summary>Logs how the transport works, and lets it log what it notices from now on.</summary>
    /// <remarks>Each server that starts on the transport calls this once. What concerns no server in particular is logged by the
    /// last logger.</remarks>
    /// <param name="logger">A logger that does not throw, such as <see cref="SafeLogger"/>.</param>
    void UseLogger(ILogger logger);
}
