using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// A socket option that some systems lack. After the first refusal, the option is left out, and sockets work without it. Safe
/// from any thread.
/// </summary>
/// <param name="name">The name of the option in C.</param>
/// <param name="consequence">The consequence of its absence, as a sentence without a full stop.</param>
/// <param name="set">Calls <c>setsockopt()</c>.</param>
internal sealed partial class OptionalSocketOption(string name, string consequence, Action<Socket, int> set)
{
    private volatile bool _isMissing;

    /// <summary>Whether the system has refused the option.</summary>
    public bool IsMissing => _isMissing;

    /// <summary>Sets the option, unless the system lacks it.</summary>
    /// <exception cref="SocketException">The system has the option, and the call failed.</exception>
    public void Set(Socket socket, int value)
    {
        if (_isMissing)
            return;
        try
        {
            set(socket, value);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ProtocolOption or SocketError.OperationNotSupported)
        {
            _isMissing = true; // ENOPROTOOPT, WSAENOPROTOOPT: the system lacks the option.
        }
    }

    /// <summary>Logs that the option is left out, if it is.</summary>
    public void LogIfMissing(ILogger logger)
    {
        if (_isMissing)
            LogMissing(logger, name, consequence);
    }

    [LoggerMessage(1009, LogLevel.Warning, "This system has no socket option {Option}: {Consequence}.")]
    private static partial void LogMissing(ILogger logger, string option, string consequence);
}
