using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>Receives, and waits without a buffer until there is something to receive.</summary>
internal sealed class SocketReceiver : SocketOperation, IValueTaskSource<bool>
{
    /// <summary>
    /// Receiving zero bytes looks when it is called. If it has to wait, .NET ends it on Unix by any event of the socket, also by
    /// a late one of data that was taken before: then only looking again tells. Windows ends it by what has arrived.
    /// </summary>
    public ValueTask<bool> WaitForDataAsync(Socket socket)
    {
        SetBuffer(Memory<byte>.Empty);
        Prepare();
        if (socket.ReceiveAsync(this))
            return new(this, Version);
        ThrowIfFailed();
        return new(true);
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
