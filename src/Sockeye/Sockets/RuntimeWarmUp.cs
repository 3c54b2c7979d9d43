using System.Net.Sockets;

namespace Sockeye;

/// <summary>Makes the runtime load the assemblies that it needs to report errors, while descriptors are free for that.</summary>
internal static class RuntimeWarmUp
{
    private static bool _isDone;

    public static void Run()
    {
        if (OperatingSystem.IsWindows() || Interlocked.Exchange(ref _isDone, true))
            return;
        try
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }
        catch (SocketException error)
        {
            // Throwing an exception and printing its stack loads the assemblies.
            GC.KeepAlive(error.ToString());
        }
    }
}
