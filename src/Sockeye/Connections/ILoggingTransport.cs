using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>A transport that has something to say to those who run it, and no logger of its own.</summary>
internal interface ILoggingTransport
{
    /// <summary>Says how it works, and from now on what it notices. Called by each server that starts on it; what concerns
    /// none of them in particular is told to the last one. The logger must not throw.</summary>
    void UseLogger(ILogger logger);
}
