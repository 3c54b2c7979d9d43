using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>Sends several blocks with one system call, without allocating: <see cref="Socket"/> has no such method.</summary>
/// <remarks>The socket completes it only when all bytes are with the system.</remarks>
internal sealed class SocketSender : SocketOperation
{
    private readonly List<ArraySegment<byte>> _blocks = [];

    public ValueTask<int> SendAsync(Socket socket, in ReadOnlySequence<byte> bytes)
    {
        _blocks.Clear();
        foreach (var block in bytes)
        {
            if (!MemoryMarshal.TryGetArray(block, out var segment))
                throw new InvalidOperationException("A transport's blocks are arrays.");
            _blocks.Add(segment);
        }

        BufferList = _blocks;
        Prepare();
        return ToValueTask(socket.SendAsync(this));
    }
}
