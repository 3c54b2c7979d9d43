using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Accepts from listening sockets, in turn, so that each accept queue is emptied.</summary>
/// <remarks>
/// .NET can only wait for a client by accepting it, and clients that were accepted before the caller asks for them would not be
/// served if the listener ends. So a thread waits, and only while an accept does. One caller at a time.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The owner disposes it, and all of its fields with it.")]
internal sealed class AcceptRound : IDisposable
{
    private readonly Socket[] _sockets;
    private readonly Socket _wake;
    private readonly Socket _waker;
    private int _next;

    /// <param name="sockets">The sockets, not blocking. The caller owns them.</param>
    public AcceptRound(Socket[] sockets)
    {
        _sockets = sockets;
        (_wake, _waker) = NativeDescriptor.CreatePair();
    }

    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAccept() is { } accepted)
                return accepted;
            using var registration = cancellationToken.UnsafeRegister(static round => ((AcceptRound)round!).Wake(), this);
            await Task.Factory.StartNew(
                static round => ((AcceptRound)round!).Wait(), this, CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _wake.Dispose();
        _waker.Dispose();
    }

    private Socket? TryAccept()
    {
        for (var i = 0; i < _sockets.Length; i++)
        {
            var socket = _sockets[_next];
            _next = (_next + 1) % _sockets.Length;
            try
            {
                if (socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                    return socket.Accept();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
            {
                // Another holder of the socket has accepted the client.
            }
        }

        return null;
    }

    private void Wake() => _waker.Send(new byte[1]);

    private void Wait()
    {
        List<Socket> ready = [_wake, .. _sockets];
        Socket.Select(ready, null, null, Timeout.InfiniteTimeSpan);
        if (ready.Contains(_wake))
            _wake.Receive(new byte[1]);
    }
}
