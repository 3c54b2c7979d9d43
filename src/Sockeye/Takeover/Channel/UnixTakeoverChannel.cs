using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>Carries messages over a Unix socket (<see cref="TakeoverFormat"/>), with descriptors beside the first byte of a
/// frame.</summary>
/// <param name="socket">A connected stream socket, which this object owns.</param>
/// <param name="time">The clock of delays.</param>
internal sealed class UnixTakeoverChannel(Socket socket, TimeProvider time) : ITakeoverChannel
{
    // The system does not report when a message with descriptors can be sent; the rest of a frame needs no delay.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(2);

    private Task _lastSend = Task.CompletedTask;

    public Task SendAsync(TakeoverMessage message)
    {
        // The descriptors have to stay open until they are sent, even if the sender has stopped to wait.
        var handles = message.Handles.Select(Hold).ToList();
        return _lastSend = SendAfterAsync(_lastSend, TakeoverFormat.Encode(message), handles);
    }

    public async Task<TakeoverMessage?> ReceiveAsync()
    {
        IReadOnlyList<SafeFileHandle> handles = [];
        try
        {
            // Waits, and leaves the byte for the call that takes its descriptors. A receive of no bytes may complete too early.
            await socket.ReceiveAsync(new byte[1], SocketFlags.Peek);
            var prefix = new byte[TakeoverFormat.PrefixLength];
            if (DescriptorMessage.Receive(socket, prefix.AsSpan(0, 1), out handles) == 0)
                return null;
            if (!await FillAsync(prefix.AsMemory(1)))
                return null;
            var frame = new byte[TakeoverFormat.ReadLength(prefix)];
            if (!await FillAsync(frame))
                return null;
            var message = TakeoverFormat.Decode(frame, handles);
            handles = []; // The message owns them.
            return message;
        }
        catch (Exception e) when (e is ObjectDisposedException
            or SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return null; // The other end was closed before it had read everything, or this one.
        }
        finally
        {
            foreach (var handle in handles)
                handle.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return default;
    }

    private static HeldHandle Hold(SafeHandle handle) => new(handle);

    private static void Release(List<HeldHandle> handles) => handles.ForEach(handle => handle.Release());

    private async Task SendAfterAsync(Task before, byte[] frame, List<HeldHandle> handles)
    {
        try
        {
            await before;
            while (!TrySendFirst(frame, handles))
                await Task.Delay(RetryDelay, time);
            for (var sent = 1; sent < frame.Length;)
                sent += await socket.SendAsync(frame.AsMemory(sent));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException($"The channel of the takeover is closed: {e.Message}", e);
        }
        finally
        {
            Release(handles);
        }
    }

    private bool TrySendFirst(byte[] frame, List<HeldHandle> handles)
    {
        try
        {
            DescriptorMessage.Send(socket, frame.AsSpan(0, 1), [.. handles.Select(handle => handle.Handle)]);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            return false;
        }
    }

    private async Task<bool> FillAsync(Memory<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var received = await socket.ReceiveAsync(buffer);
            if (received == 0)
                return false;
            buffer = buffer[received..];
        }

        return true;
    }

    /// <summary>Keeps a descriptor open.</summary>
    private sealed class HeldHandle
    {
        public HeldHandle(SafeHandle handle)
        {
            var isHeld = false;
            handle.DangerousAddRef(ref isHeld);
            Handle = handle;
        }

        public SafeHandle Handle { get; }

        public void Release() => Handle.DangerousRelease();
    }
}
