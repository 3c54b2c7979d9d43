using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>Receives, and waits without a buffer until there is something to receive.</summary>
internal sealed class SocketReceiver : SocketOperation, IValueTaskSource<bool>
{
    /// <summary>
    /// Waits by receiving zero bytes. The call checks the socket once. If it then waits, .NET on Unix ends the wait at any event
    /// of the socket, including a late one for data that was received before. On Windows, the wait ends only when data has
    /// arrived.
    /// </summary>
    public ValueTask<bool> WaitForDataAsync(Socket socket)
    {
        SetBuffer(Memory<byte>.Empty);
        Prepare();
        if (socket.ReceiveAsync(this))
            return new(this, Version);
        ThrowIfFailed();
        return new(OperatingSystem.IsWindows());
    }

    public ValueTask<int> ReceiveAsync(Socket socket, Memory<byte> buffer)
    {
        SetBuffer(buffer);
        Prepare();
        return ToValueTask(socket.ReceiveAsync(this));
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        GetResult(token);
        return OperatingSystem.IsWindows();
    }
}
