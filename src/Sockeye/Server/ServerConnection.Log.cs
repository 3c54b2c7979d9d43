using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

internal sealed partial class ServerConnection
{
    [LoggerMessage(1200, LogLevel.Information,
        "{ConnectionId} {RemoteEndPoint} -> {LocalEndPoint}{Via} ended after {Duration}, {BytesIn} bytes in, " +
        "{BytesOut} bytes out: {ClosedBy} {Cause} {Direction}, {Description}.")]
    private partial void LogConnectionEnded(
        string connectionId, EndPoint? remoteEndPoint, EndPoint? localEndPoint, string via, TimeSpan duration, long bytesIn,
        long bytesOut, ClosedBy closedBy, CloseCause cause, CloseDirection direction, Explanation description);

    [LoggerMessage(1201, LogLevel.Error, "{ConnectionId} {RemoteEndPoint}: the handler threw, so the connection is reset.")]
    private partial void LogHandlerThrew(Exception error, string connectionId, EndPoint? remoteEndPoint);

    [LoggerMessage(1205, LogLevel.Error,
        "{ConnectionId} {RemoteEndPoint}: the handler threw when its connection had ended already: {Description}.")]
    private partial void LogHandlerThrewLate(
        Exception error, string connectionId, EndPoint? remoteEndPoint, Explanation description);

    [LoggerMessage(1202, LogLevel.Debug, "{ConnectionId}: the handler ended with an exception because its connection broke.")]
    private partial void LogHandlerEndedWithConnection(Exception error, string connectionId);

    [LoggerMessage(1203, LogLevel.Error, "{ConnectionId}: closing the connection failed.")]
    private partial void LogCloseFailed(Exception error, string connectionId);

    [LoggerMessage(1204, LogLevel.Debug,
        "{ConnectionId} {RemoteEndPoint} -> {LocalEndPoint} was refused: {Cause}, {Description}.")]
    private partial void LogConnectionRefused(
        string connectionId, EndPoint? remoteEndPoint, EndPoint? localEndPoint, CloseCause cause, Explanation description);
}
