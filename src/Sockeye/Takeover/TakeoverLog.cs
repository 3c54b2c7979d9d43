using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The log of takeovers.</summary>
internal sealed partial class TakeoverLog(ILogger logger)
{
    [LoggerMessage(1370, LogLevel.Information,
        "Took over from process {ProcessId}: {Listeners} listeners and {Moved} connections came over, in {Duration}. " +
        "Pauses of connections: {Pauses}.")]
    public partial void LogTookOver(int processId, int listeners, int moved, TimeSpan duration, string pauses);

    [LoggerMessage(1371, LogLevel.Warning,
        "Process {ProcessId}, which served, has ended during the takeover: {Listeners} listeners and {Moved} connections came " +
        "over, and this process serves.")]
    public partial void LogPredecessorEnded(int processId, int listeners, int moved);

    [LoggerMessage(1372, LogLevel.Error, "Did not take over: {Reason} What this process has accepted finishes, then it ends.")]
    public partial void LogDidNotTakeOver(string reason);

    [LoggerMessage(1373, LogLevel.Information, "Process {ProcessId} starts to take over.")]
    public partial void LogBegins(int processId);

    [LoggerMessage(1374, LogLevel.Information,
        "Process {ProcessId} has taken over: {Listeners} listeners and {Moved} connections moved, and {Left} connections drain " +
        "here.")]
    public partial void LogTakenOver(int processId, int listeners, int moved, int left);

    [LoggerMessage(1375, LogLevel.Warning,
        "The takeover by process {ProcessId} failed, and this process continues; {Moved} connections had moved: {Reason}")]
    public partial void LogFailed(Exception error, int processId, int moved, string reason);

    [LoggerMessage(1376, LogLevel.Warning, "Refused a takeover by process {ProcessId}: {Reason}")]
    public partial void LogRefused(int processId, string reason);

    [LoggerMessage(1377, LogLevel.Warning,
        "{EndPoint} came over and is not an endpoint of this server: it is closed, and its clients get no answer.")]
    public partial void LogUnknownListener(EndPoint endpoint);

    [LoggerMessage(1381, LogLevel.Information,
        "Reported process {ProcessId} to systemd as the main one of the service: {Result}.")]
    public partial void LogMainProcess(int processId, string result);

    [LoggerMessage(1379, LogLevel.Error, "{ConnectionId}, which came over, is cut off: {Reason}.")]
    public partial void LogCut(string connectionId, string reason);

    [LoggerMessage(1378, LogLevel.Error, "Cannot accept processes that take over at {Path}: {Reason}. Trying again.")]
    public partial void LogAcceptFailed(Exception error, string path, string reason);
}
