using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye.Kestrel;

internal sealed partial class KestrelTransport
{
    private readonly SafeLogger _logger;

    [LoggerMessage(1700, LogLevel.Debug, "Kestrel listens on {EndPoint} through {Transport}.")]
    private partial void LogBound(EndPoint endpoint, string transport);
}
