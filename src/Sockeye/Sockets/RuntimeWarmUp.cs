using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Makes the runtime load the assemblies that it needs to report errors, while descriptors are free for that.</summary>
internal static class RuntimeWarmUp
{
    private static bool _isDone;

    public static void Run()
    {
        // A native program has no assemblies to load.
        if (OperatingSystem.IsWindows() || !RuntimeFeature.IsDynamicCodeCompiled || Interlocked.Exchange(ref _isDone, true))
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
