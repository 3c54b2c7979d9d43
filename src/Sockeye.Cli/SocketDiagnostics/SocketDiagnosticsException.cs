using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>The kernel does not list its sockets here. The message is a sentence without a full stop.</summary>
internal sealed class SocketDiagnosticsException(string message) : IOException(message)
{
    private const int NoEntry = 2; // ENOENT

    public static SocketDiagnosticsException FromError(int error) => new(
        error == NoEntry
            ? "the kernel has no tcp_diag: 'modprobe tcp_diag' loads it"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the kernel refuses NETLINK_SOCK_DIAG ({Marshal.GetPInvokeErrorMessage(error)}, {error})"));
}
