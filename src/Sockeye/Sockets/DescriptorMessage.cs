using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockeye.Transports;

/// <summary>Sends and receives descriptors over a Unix socket, for which .NET has no method (<c>SCM_RIGHTS</c>, unix(7)). Linux
/// only.</summary>
/// <remarks>The receiver gets second descriptors of the same files and sockets. Safe for use from any thread; one sender and one
/// receiver of a stream at a time.</remarks>
public static class DescriptorMessage
{
    /// <summary>The maximum number of descriptors of a message: <c>SCM_MAX_FD</c> of the kernel. Send more by several messages.
    /// </summary>
    public const int MaxDescriptors = 253;

    /// <summary>The maximum number of bytes of a message: 65,536.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int LevelSocket = 1; // SOL_SOCKET
    private const int Rights = 1; // SCM_RIGHTS
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int CloseOnExec = 0x40000000; // MSG_CMSG_CLOEXEC
    private const int ControlTruncated = 8; // MSG_CTRUNC
    private const int BytesTruncated = 0x20; // MSG_TRUNC
    private const int Interrupted = 4; // EINTR
    private const int Again = 11; // EAGAIN
    private const int TooManyInFlight = 109; // ETOOMANYREFS
    private const int TooManyOpen = 24; // EMFILE

    // struct cmsghdr: a length of the size of a pointer, the level and the type, cmsg(3). Data is aligned to pointers.
    private static int HeaderSize => nint.Size + (2 * sizeof(int));

    /// <summary>Sends bytes with descriptors. Does not block unless the socket does.</summary>
    /// <param name="socket">A Unix socket, connected or with an address to send to.</param>
    /// <param name="bytes">1 to <see cref="MaxBytes"/> bytes, with which the descriptors travel: a stream carries none without
    /// data.</param>
    /// <param name="descriptors">0 to <see cref="MaxDescriptors"/> descriptors. The caller keeps them.</param>
    /// <param name="remote">The receiver, if the socket is not connected. Default: null, the connected peer.</param>
    /// <returns>The number of bytes sent. On a stream it may be fewer than given: the descriptors went with the first byte, so
    /// send the rest without them.</returns>
    /// <exception cref="ArgumentException">There are no bytes, or too many, or too many descriptors.</exception>
    /// <exception cref="SocketException">The system refuses. <see cref="SocketError.WouldBlock"/>: the receiver does not read,
    /// and the socket does not block.</exception>
    /// <exception cref="ObjectDisposedException">The socket or a descriptor is closed.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static int Send(
        Socket socket, ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors, System.Net.EndPoint? remote = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(descriptors);
        ThrowIfNotSupported();
        ThrowIfNot(
            bytes.Length is > 0 and <= MaxBytes, nameof(bytes), $"A message has 1 to {MaxBytes} bytes, not {bytes.Length}.");
        ThrowIfNot(descriptors.Count <= MaxDescriptors, nameof(descriptors),
            $"A message carries at most {MaxDescriptors} descriptors, not {descriptors.Count}: send several messages.");

        using var held = new HeldHandles(socket.SafeHandle);
        var control = new byte[descriptors.Count == 0 ? 0 : GetSpace(descriptors.Count)];
        if (descriptors.Count > 0)
        {
            MemoryMarshal.Write(control, (nint)(HeaderSize + (descriptors.Count * sizeof(int))));
            MemoryMarshal.Write(control.AsSpan(nint.Size), LevelSocket);
            MemoryMarshal.Write(control.AsSpan(nint.Size + sizeof(int)), Rights);
            for (var i = 0; i < descriptors.Count; i++)
                MemoryMarshal.Write(control.AsSpan(HeaderSize + (i * sizeof(int))), held.Add(descriptors[i]));
        }

        var address = remote?.Serialize();
        var name = address is null ? [] : address.Buffer.Span[..address.Size].ToArray();
        return (int)Call(held.Socket, bytes.ToArray(), control, name, (int socket, ref Header header) =>
            SendMessage(socket, ref header, NoSignal), out _);
    }

    /// <summary>Receives bytes, and the descriptors that came with them. Does not block unless the socket does: wait with
    /// <see cref="Socket.ReceiveAsync(Memory{byte}, CancellationToken)"/> of 0 bytes.</summary>
    /// <param name="socket">A Unix socket.</param>
    /// <param name="buffer">Receives the bytes: 1 to <see cref="MaxBytes"/>.</param>
    /// <param name="descriptors">The descriptors, closed on exec. The caller disposes of them, also if it expected none.</param>
    /// <returns>The number of bytes; 0 at the end of a stream.</returns>
    /// <exception cref="ArgumentException">The buffer is empty or too large.</exception>
    /// <exception cref="IOException">The message was longer than the buffer (datagrams), or the process could not take all of
    /// its descriptors (their limit, ulimit -n). Those that came are closed.</exception>
    /// <exception cref="SocketException">The system refuses. <see cref="SocketError.WouldBlock"/>: nothing has come, and the
    /// socket does not block.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static int Receive(Socket socket, Span<byte> buffer, out IReadOnlyList<SafeFileHandle> descriptors)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ThrowIfNotSupported();
        ThrowIfNot(
            buffer.Length is > 0 and <= MaxBytes, nameof(buffer), $"A message has 1 to {MaxBytes} bytes, not {buffer.Length}.");

        using var held = new HeldHandles(socket.SafeHandle);
        var (bytes, control) = (new byte[buffer.Length], new byte[GetSpace(MaxDescriptors)]);
        var received = (int)Call(held.Socket, bytes, control, [], (int socket, ref Header header) =>
            ReceiveMessage(socket, ref header, CloseOnExec), out var header);
        descriptors = Parse(control.AsSpan(0, (int)header.ControlLength));
        if ((header.Flags & (ControlTruncated | BytesTruncated)) != 0)
        {
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
            throw new IOException((header.Flags & ControlTruncated) != 0
                ? "Descriptors of a message are lost, because this process may not open more: raise its limit (ulimit -n)."
                : $"A message is longer than the buffer of {buffer.Length} bytes.");
        }

        bytes.AsSpan(0, received).CopyTo(buffer);
        return received;
    }

    private static void ThrowIfNotSupported()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Descriptors are passed between processes on Linux only.");
    }

    private static void ThrowIfNot(bool isValid, string argument, string problem)
    {
        if (!isValid)
            throw new ArgumentException(problem, argument);
    }

    private static int GetSpace(int descriptors) =>
        HeaderSize + (((descriptors * sizeof(int)) + nint.Size - 1) / nint.Size * nint.Size);

    private static List<SafeFileHandle> Parse(ReadOnlySpan<byte> control)
    {
        List<SafeFileHandle> descriptors = [];
        while (control.Length >= HeaderSize)
        {
            var length = (int)MemoryMarshal.Read<nint>(control);
            Debug.Assert(length >= HeaderSize && length <= control.Length, "The kernel fills whole entries.");
            var isRights = MemoryMarshal.Read<int>(control[nint.Size..]) == LevelSocket
                && MemoryMarshal.Read<int>(control[(nint.Size + sizeof(int))..]) == Rights;
            foreach (var descriptor in isRights ? MemoryMarshal.Cast<byte, int>(control[HeaderSize..length]) : [])
                descriptors.Add(new(descriptor, ownsHandle: true));
            control = control[Math.Min(control.Length, (length + nint.Size - 1) / nint.Size * nint.Size)..];
        }

        return descriptors;
    }

    /// <summary>Calls the system with memory that does not move, again if a signal interrupts it.</summary>
    private static nint Call(int socket, byte[] bytes, byte[] control, byte[] name, MessageCall call, out Header header)
    {
        var pins = new GCHandle[4];
        try
        {
            pins[0] = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            pins[1] = GCHandle.Alloc(control, GCHandleType.Pinned);
            pins[2] = GCHandle.Alloc(name, GCHandleType.Pinned);
            nint[] vector = [pins[0].AddrOfPinnedObject(), bytes.Length];
            pins[3] = GCHandle.Alloc(vector, GCHandleType.Pinned);
            while (true)
            {
                header = new()
                {
                    Name = name.Length == 0 ? 0 : pins[2].AddrOfPinnedObject(),
                    NameLength = (uint)name.Length,
                    Vectors = pins[3].AddrOfPinnedObject(),
                    VectorCount = 1,
                    Control = control.Length == 0 ? 0 : pins[1].AddrOfPinnedObject(),
                    ControlLength = control.Length,
                };
                var result = call(socket, ref header);
                if (result >= 0)
                    return result;
                var error = Marshal.GetLastPInvokeError();
                if (error != Interrupted)
                    throw CreateException(error);
            }
        }
        finally
        {
            foreach (var pin in pins)
            {
                if (pin.IsAllocated)
                    pin.Free();
            }
        }
    }

    private static SocketException CreateException(int error) => error switch
    {
        Again => new((int)SocketError.WouldBlock),
        TooManyInFlight => new((int)SocketError.TooManyOpenSockets, "Too many descriptors are on their way to other processes."),
        TooManyOpen => new((int)SocketError.TooManyOpenSockets),
        _ => new((int)SocketError.SocketError, Marshal.GetPInvokeErrorMessage(error)),
    };

    private delegate nint MessageCall(int socket, ref Header header);

    /// <summary><c>struct msghdr</c> of Linux, recvmsg(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public nint Name;
        public uint NameLength;
        public nint Vectors;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }

    /// <summary>Keeps descriptors open during a call.</summary>
    private sealed class HeldHandles : IDisposable
    {
        private readonly List<SafeHandle> _held = [];

        public HeldHandles(SafeSocketHandle socket) => Socket = Add(socket);

        public int Socket { get; }

        public int Add(SafeHandle handle)
        {
            var isHeld = false;
            handle.DangerousAddRef(ref isHeld);
            _held.Add(handle);
            return (int)handle.DangerousGetHandle();
        }

        public void Dispose()
        {
            foreach (var handle in _held)
                handle.DangerousRelease();
        }
    }

#pragma warning disable SYSLIB1054 // LibraryImport would generate unsafe code, which this assembly does not allow.
    [DllImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static extern nint SendMessage(int socket, ref Header header, int flags);

    [DllImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static extern nint ReceiveMessage(int socket, ref Header header, int flags);
#pragma warning restore SYSLIB1054
}
