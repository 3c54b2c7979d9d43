using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Sockeye.Transports;

/// <summary>
/// A descriptor of a socket that listens, for which another process or listener may hold descriptors, too. All of them share one
/// accept queue.
/// </summary>
/// <remarks>
/// <para>It comes from a listener (<see cref="ISharedListener.GetDescriptors"/>), from another process, or from the program that
/// started this one. <see cref="InheritedEndPoint"/> makes a transport accept its clients.</para>
/// <para>Linux and macOS. On Windows, every method throws <see cref="PlatformNotSupportedException"/>.</para>
/// </remarks>
public sealed class ListeningDescriptor : IDisposable
{
    private ListeningDescriptor(SafeFileHandle handle, EndPoint endpoint, bool isDualMode, int? backlog, bool ownsFile) =>
        (Handle, EndPoint, IsDualMode, Backlog, OwnsFile) = (handle, endpoint, isDualMode, backlog, ownsFile);

    /// <summary>Gets the descriptor. It is closed on exec. Disposing it leaves the other descriptors of the socket as they are.
    /// </summary>
    /// <remarks>
    /// Do not make a <see cref="SafeSocketHandle"/> that owns it: when that is disposed, it sets <c>SO_LINGER</c> on the socket
    /// that others listen on, and their clients get RST instead of FIN.
    /// </remarks>
    public SafeFileHandle Handle { get; }

    /// <summary>Gets the address on which the socket listens.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Gets whether an IPv6 socket also accepts clients of IPv4 (without <c>IPV6_V6ONLY</c>, ipv6(7)).</summary>
    public bool IsDualMode { get; }

    /// <summary>Gets the maximum length of the accept queue. Null if the system does not report it: Linux reports it for TCP.
    /// </summary>
    public int? Backlog { get; }

    /// <summary>Gets whether the listener that attaches the descriptor deletes the file of a Unix socket when it is closed. It
    /// must not if the program that made the file keeps the socket, as systemd does.</summary>
    public bool OwnsFile { get; }

    /// <summary>Checks that a descriptor is a listening stream socket, and takes it over: <see cref="Dispose"/> closes it.
    /// </summary>
    /// <param name="handle">The descriptor. If this method throws, the caller keeps it.</param>
    /// <param name="ownsFile"><inheritdoc cref="OwnsFile" path="/summary"/></param>
    /// <exception cref="IOException">It is not a listening stream socket of IPv4, IPv6 or Unix. The message says what it is.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The system is Windows.</exception>
    public static ListeningDescriptor Open(SafeFileHandle handle, bool ownsFile = false)
    {
        ArgumentNullException.ThrowIfNull(handle);
        ThrowIfNotSupported();
        return Open(handle, ownsFile, (int)handle.DangerousGetHandle());
    }

    /// <summary>Creates a second descriptor of a listening stream socket. The caller keeps the first one.</summary>
    /// <param name="descriptor">The number of the descriptor.</param>
    /// <param name="ownsFile"><inheritdoc cref="OwnsFile" path="/summary"/></param>
    /// <exception cref="IOException">It is not a listening stream socket of IPv4, IPv6 or Unix, or no descriptor is left.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The system is Windows.</exception>
    public static ListeningDescriptor Duplicate(int descriptor, bool ownsFile = false)
    {
        ThrowIfNotSupported();
        SafeFileHandle? duplicate = null;
        try
        {
            duplicate = NativeDescriptor.Duplicate(descriptor);
            return Open(duplicate, ownsFile, descriptor);
        }
        catch (Exception e)
        {
            duplicate?.Dispose();
            if (e is SocketException error)
                throw CreateException(descriptor, SentenceText.TrimFullStop(error.Message), error);
            throw;
        }
    }

    /// <summary>Creates a second descriptor of the socket of a <see cref="FileHandleEndPoint"/>, the type by which Kestrel passes
    /// a descriptor. The caller keeps the first one.</summary>
    /// <param name="endpoint">The endpoint. If its type is not <see cref="FileHandleType.Auto"/>, the socket must be of TCP, or
    /// for <see cref="FileHandleType.Pipe"/> a Unix socket.</param>
    /// <inheritdoc cref="Duplicate(int, bool)" path="/exception"/>
    public static ListeningDescriptor Duplicate(FileHandleEndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.FileHandle > int.MaxValue)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture,
                $"Cannot listen on descriptor {endpoint.FileHandle}: a descriptor is at most {int.MaxValue}."));
        }

        var descriptor = Duplicate((int)endpoint.FileHandle);
        var isTcp = descriptor.EndPoint is IPEndPoint;
        if (endpoint.FileHandleType is FileHandleType.Auto || isTcp == endpoint.FileHandleType is FileHandleType.Tcp)
            return descriptor;
        descriptor.Dispose();
        throw CreateException((int)endpoint.FileHandle,
            $"it listens on {descriptor.EndPoint}, which is not of the requested type {endpoint.FileHandleType}");
    }

    /// <summary>Closes this descriptor. Others of the socket stay open. Safe to call more than once.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>Creates a socket of .NET on a second descriptor.</summary>
    internal Socket ToSocket()
    {
        var isHeld = false;
        try
        {
            Handle.DangerousAddRef(ref isHeld);
            var duplicate = NativeDescriptor.Duplicate((int)Handle.DangerousGetHandle());
            var socket = new Socket(new SafeSocketHandle(duplicate.DangerousGetHandle(), ownsHandle: true));
            duplicate.SetHandleAsInvalid(); // The socket owns it.
            return socket;
        }
        finally
        {
            if (isHeld)
                Handle.DangerousRelease();
        }
    }

    internal static void ThrowIfNotSupported()
    {
        if (!NativeDescriptor.IsSupported)
        {
            throw new PlatformNotSupportedException(
                "Windows has no descriptors that another process inherits: listen on an address. Listening sockets are inherited "
                + "on Linux and macOS.");
        }
    }

    /// <param name="handle">The descriptor.</param>
    /// <param name="ownsFile">Whether the listener deletes the file.</param>
    /// <param name="number">The number of the descriptor that the caller knows.</param>
    private static ListeningDescriptor Open(SafeFileHandle handle, bool ownsFile, int number)
    {
        try
        {
            NativeDescriptor.CloseOnExec((int)handle.DangerousGetHandle());
            // A socket that does not own its descriptor changes nothing when it is disposed.
            using var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: false));
            var endpoint = ReadEndPoint(socket, number);
            return new(handle, endpoint, IsDual(socket), TcpInfo.Read(socket)?.AcceptQueueLimit, ownsFile);
        }
        catch (SocketException e)
        {
            throw CreateException(number, SentenceText.TrimFullStop(e.Message), e);
        }
    }

    private static EndPoint ReadEndPoint(Socket socket, int descriptor)
    {
        if (socket.SocketType is SocketType.Unknown)
            throw CreateException(descriptor, "it is not a socket");
        if (socket.SocketType is not SocketType.Stream)
            throw CreateException(descriptor, $"it is a socket of the type {socket.SocketType}, not a stream");
        if (socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 or AddressFamily.Unix))
        {
            throw CreateException(
                descriptor, $"it is a socket of the family {socket.AddressFamily}, not of IPv4, IPv6 or Unix");
        }

        if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! == 0)
            throw CreateException(descriptor, "it is a socket that does not listen");
        return socket.LocalEndPoint ?? throw CreateException(descriptor, "the system does not report its address");
    }

    private static bool IsDual(Socket socket) => socket.AddressFamily is AddressFamily.InterNetworkV6 && socket.DualMode;

    private static IOException CreateException(int descriptor, string reason, Exception? inner = null) => new(
        string.Create(CultureInfo.InvariantCulture,
            $"Cannot listen on descriptor {descriptor}: {reason}. Pass a listening stream socket."), inner);
}
