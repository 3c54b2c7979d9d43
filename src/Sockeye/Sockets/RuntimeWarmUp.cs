using System.Net.Sockets;

namespace Sockeye;

/// <summary>Makes the runtime load what it needs to report errors, while there are descriptors to load it with.</summary>
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
            // Throwing and printing an exception with its stack is what loads the assemblies for it.
            GC.KeepAlive(error.ToString());
        }
    }
}
