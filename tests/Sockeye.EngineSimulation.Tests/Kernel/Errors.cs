using System.Net.Sockets;
using Sockeye.Linux;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Error numbers of Linux, errno(3).</summary>
internal static class Errors
{
    public const int NoEntry = 2;
    public const int BadDescriptor = 9;
    public const int Exists = 17;
    public const int OutOfDescriptors = (int)Errno.TooManyOpenFiles;
    public const int Again = (int)Errno.Again;
    public const int Interrupted = (int)Errno.Interrupted;
    public const int BrokenPipe = (int)Errno.BrokenPipe;
    public const int Cancelled = (int)Errno.Cancelled;
    public const int NoBuffers = (int)Errno.NoBuffers;
    public const int NotConnected = (int)Errno.NotConnected;
    public const int Invalid = (int)Errno.Invalid;

    public static int From(SocketError error) => (int)(error switch
    {
        SocketError.ConnectionReset => Errno.ConnectionReset,
        SocketError.ConnectionRefused => Errno.ConnectionRefused,
        SocketError.TimedOut => Errno.TimedOut,
        SocketError.NetworkDown => Errno.NetworkDown,
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "A simulated connection does not end by this error."),
    });
}
