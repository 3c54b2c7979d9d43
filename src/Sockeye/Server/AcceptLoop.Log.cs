using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

internal sealed partial class AcceptLoop
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1103, LogLevel.Error, "{EndPoint} is not listening any more: its listener ended without being asked to.")]
    private partial void LogListenerEnded(EndPoint endpoint);
}
