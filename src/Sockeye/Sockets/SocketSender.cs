using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>Sends several blocks by one system call, without allocation, for which <see cref="Socket"/> has no method.</summary>
/// <remarks>The call completes when the system has accepted all bytes.</remarks>
internal sealed class SocketSender : SocketOperation
{
    private readonly List<ArraySegment<byte>> _blocks = [];

    public ValueTask<int> SendAsync(Socket socket, in ReadOnlySequence<byte> bytes)
    {
        _blocks.Clear();
        foreach (var block in bytes)
        {
            if (!MemoryMarshal.TryGetArray(block, out var segment))
                throw new InvalidOperationException("The blocks of a transport must be arrays.");
            _blocks.Add(segment);
        }

        BufferList = _blocks;
        Prepare();
        return ToValueTask(socket.SendAsync(this));
    }
}
