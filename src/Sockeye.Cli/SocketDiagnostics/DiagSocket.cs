using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>A socket of NETLINK_SOCK_DIAG, through which Linux lists the TCP sockets of this network namespace to every
/// user.</summary>
internal sealed class DiagSocket : IDisposable
{
    private const string Library = "libc";
    private const int Netlink = 16; // AF_NETLINK
    private const int RawCloseOnExec = 3 | 0x80000; // SOCK_RAW | SOCK_CLOEXEC
    private const int SockDiag = 4; // NETLINK_SOCK_DIAG
    private const int Interrupted = 4; // EINTR

    // The kernel's datagrams have at most 32 KiB.
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly int _descriptor;
    private uint _sequence;

    /// <exception cref="SocketDiagnosticsException">The system does not allow it.</exception>
    public DiagSocket()
    {
        _descriptor = Open(Netlink, RawCloseOnExec, SockDiag);
        if (_descriptor < 0)
            throw SocketDiagnosticsException.FromError(Marshal.GetLastPInvokeError());
    }

    /// <summary>Adds all sockets of a family (<see cref="DiagRequest.IPv4"/>, <see cref="DiagRequest.IPv6"/>) in these
    /// states.</summary>
    /// <exception cref="SocketDiagnosticsException">The kernel refused it.</exception>
    public void Read(byte family, uint states, List<SocketEntry> entries)
    {
        Span<byte> request = stackalloc byte[DiagRequest.Length];
        DiagRequest.Write(request, family, states, ++_sequence);
        if (Send(_descriptor, ref MemoryMarshal.GetReference(request), request.Length, 0) < 0)
            throw SocketDiagnosticsException.FromError(Marshal.GetLastPInvokeError());
        while (true)
        {
            var length = (int)Receive(_descriptor, ref MemoryMarshal.GetArrayDataReference(_buffer), _buffer.Length, 0);
            if (length >= 0)
            {
                if (DiagResponse.Read(_buffer.AsSpan(0, length), _sequence, entries))
                    return;
            }
            else if (Marshal.GetLastPInvokeError() is not Interrupted and var error)
            {
                throw SocketDiagnosticsException.FromError(error);
            }
        }
    }

    public void Dispose() => _ = Close(_descriptor);

    [DllImport(Library, EntryPoint = "socket", SetLastError = true)]
    private static extern int Open(int family, int type, int protocol);

    [DllImport(Library, EntryPoint = "send", SetLastError = true)]
    private static extern nint Send(int descriptor, ref byte bytes, nint count, int flags);

    [DllImport(Library, EntryPoint = "recv", SetLastError = true)]
    private static extern nint Receive(int descriptor, ref byte buffer, nint count, int flags);

    [DllImport(Library, EntryPoint = "close")]
    private static extern int Close(int descriptor);
}
