using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>
/// A descriptor held back for the time when there are none left: closing it makes room to accept one waiting client, reset it,
/// and take the descriptor back. On Windows, where sockets are not counted against such a limit, it holds nothing.
/// </summary>
internal sealed class ReserveDescriptor : IDisposable
{
    private readonly Lock _lock = new();
    private SafeFileHandle? _reserve = TryOpen();
    private bool _disposed;

    public int Shed(Socket listening, int most)
    {
        lock (_lock)
        {
            if (_disposed || _reserve is null && (_reserve = TryOpen()) is null)
                return 0;
            var shed = 0;
            try
            {
                _reserve.Dispose();
                while (shed < most && TryResetOne(listening))
                    shed++;
            }
            finally
            {
                // Another thread may have taken the descriptor meanwhile; then the next episode tries again.
                _reserve = TryOpen();
            }

            return shed;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _reserve?.Dispose();
        }
    }

    private static bool TryResetOne(Socket listening)
    {
        try
        {
            if (!listening.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                return false;
            listening.Accept().Close(timeout: 0); // RST
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // Still no descriptor, or the listener is being closed: the caller backs off either way.
        }
    }

    private static SafeFileHandle? TryOpen()
    {
        if (OperatingSystem.IsWindows())
            return null;
        try
        {
            return File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // None to be had now; shedding asks again.
        }
    }
}
