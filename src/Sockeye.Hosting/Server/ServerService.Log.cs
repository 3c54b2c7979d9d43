using Microsoft.Extensions.Logging;

namespace Sockeye.Hosting;

internal sealed partial class ServerService
{
    private readonly SafeLogger _logger;

    [LoggerMessage(1710, LogLevel.Error,
        "The new configuration of {Section} is refused as a whole, and the server continues with the previous one: {Errors}")]
    private partial void LogRefused(Exception? error, string section, string errors);

    [LoggerMessage(1711, LogLevel.Information, "The configuration of {Section} has changed and was applied: {Result}.")]
    private partial void LogReloaded(string section, ReloadResult result);
}
