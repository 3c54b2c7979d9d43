using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>Sends several blocks with one system call, without allocating: <see cref="Socket"/> has no such method.</summary>
/// <remarks>One send at a time; the socket completes it only when all bytes are with the system.</remarks>
internal sealed class SocketSender() : SocketAsyncEventArgs(true), IValueTaskSource
{
    private readonly List<ArraySegment<byte>> _blocks = [];
    private ManualResetValueTaskSourceCore<bool> _completion;

    public ValueTask SendAsync(Socket socket, in ReadOnlySequence<byte> bytes)
    {
        _completion.Reset();
        _blocks.Clear();
        foreach (var block in bytes)
        {
            if (!MemoryMarshal.TryGetArray(block, out var segment))
                throw new InvalidOperationException("A transport's blocks are arrays.");
            _blocks.Add(segment);
        }

        BufferList = _blocks;
        if (!socket.SendAsync(this))
            Complete();
        return new(this, _completion.Version);
    }

    public void GetResult(short token) => _completion.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    protected override void OnCompleted(SocketAsyncEventArgs e) => Complete();

    private void Complete()
    {
        if (SocketError is SocketError.Success)
            _completion.SetResult(true);
        else
            _completion.SetException(new SocketException((int)SocketError));
    }
}
