using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye.Admin;

public sealed partial class SockeyeAdmin
{
    private readonly SafeLogger _logger;

    [LoggerMessage(1800, LogLevel.Information, "The admin page is at {Url}.")]
    private partial void LogStarted(Uri url);

    [LoggerMessage(1801, LogLevel.Warning,
        "The admin page listens on {EndPoint}, which other machines reach: everyone with its token sees all connections and " +
        "may close them, and the token crosses the network in clear text.")]
    private partial void LogBeyondLoopback(EndPoint endpoint);

    [LoggerMessage(1802, LogLevel.Information, "Connection {ConnectionId} was closed on the admin page: {Reason}.")]
    private partial void LogClosing(string connectionId, string reason);

    [LoggerMessage(1803, LogLevel.Warning,
        "The admin page refused {Count} requests since the last such line; the latest, from {Remote}, with {Status}: {Why}.")]
    private partial void LogRefused(long count, EndPoint? remote, int status, string why);

    [LoggerMessage(1805, LogLevel.Warning,
        "The admin page has more than {Limit} clients: those that have gone longest without an answer are reset, {Count} " +
        "since the last such line; the latest is {Remote}.")]
    private partial void LogEvicted(int limit, long count, EndPoint? remote);

    [LoggerMessage(1804, LogLevel.Error, "The admin page could not answer a request.")]
    private partial void LogFailed(Exception error);
}
