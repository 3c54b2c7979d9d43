using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

internal sealed partial class TlsServer
{
    private readonly ILogger _logger;

    [LoggerMessage(1500, LogLevel.Debug, "{ConnectionId} {RemoteEndPoint}: no TLS, {Failure}: {Description}.")]
    private partial void LogHandshakeFailed(
        Exception? error, string connectionId, EndPoint? remoteEndPoint, TlsFailure failure, string description);
}
