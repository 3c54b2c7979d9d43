using System.Net;
using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests;

/// <summary>What passed its self-test may still be refused when the threads start.</summary>
public sealed class EngineStarterTests
{
    [Fact]
    public void Io_uring_that_was_not_requested_gives_way_to_epoll()
    {
        RingDriver.SkipUnlessSupported();
        var transport = new LinuxTransport();
        Assert.Equal(LinuxEngine.IoUring, transport.Engine);

        BindWithoutIoUring(transport);

        Assert.Equal(LinuxEngine.Epoll, transport.Engine);
        Assert.Contains("refuses io_uring_setup (EPERM)", transport.EngineReason, StringComparison.Ordinal);
    }

    [Fact]
    public void Io_uring_that_was_asked_for_is_an_error_with_the_reason()
    {
        RingDriver.SkipUnlessSupported();
        var transport = new LinuxTransport(new() { Engine = LinuxEngine.IoUring });

        var error = Assert.Throws<PlatformNotSupportedException>(() => BindWithoutIoUring(transport));

        Assert.StartsWith("io_uring (requested by the options) cannot run here: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("refuses io_uring_setup (EPERM)", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Threads inherit the filter of the thread that starts them.</summary>
    private static void BindWithoutIoUring(LinuxTransport transport) => TestThread.Run(() =>
    {
        SeccompFilter.Refuse(SeccompFilter.Setup, IoUringError.NotPermitted);
        var listener = transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0)).AsTask().GetAwaiter().GetResult();
        listener.DisposeAsync().AsTask().GetAwaiter().GetResult();
        transport.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return true;
    });
}
