using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The log of connections in the descriptor store of systemd.</summary>
internal sealed partial class ConnectionStoreLog(ILogger logger)
{
    [LoggerMessage(1342, LogLevel.Information,
        "{Stored} connections are in the descriptor store of systemd, for the next process, and {Left} drain here.")]
    public partial void LogStored(int stored, int left);

    [LoggerMessage(1343, LogLevel.Warning,
        "The descriptor store of systemd has room for {Max} descriptors of connections, and is full: the others drain. Raise " +
        "FileDescriptorStoreMax= of the unit.")]
    public partial void LogFull(int max);

    [LoggerMessage(1344, LogLevel.Warning,
        "{Connections} connections could not be sent to the descriptor store of systemd, and drain: {Reason}.")]
    public partial void LogNotSent(int connections, string reason);

    [LoggerMessage(1345, LogLevel.Warning,
        "systemd has not confirmed within {Timeout} that it has {Connections} connections: they continue in the next process " +
        "if it has them, and end otherwise.")]
    public partial void LogUnconfirmed(TimeSpan timeout, int connections);

    [LoggerMessage(1346, LogLevel.Information,
        "{Connections} connections of the process before continue here, after a pause of at most {Pause}; {Gone} have ended " +
        "meanwhile.")]
    public partial void LogRestored(int connections, TimeSpan pause, int gone);

    [LoggerMessage(1347, LogLevel.Warning, "{What} from the descriptor store of systemd is closed: {Reason}.")]
    public partial void LogClosed(string what, string reason);
}
