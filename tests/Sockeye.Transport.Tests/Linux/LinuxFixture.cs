using System.Net;
using System.Net.Sockets;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>The Linux transport on one of its engines, over one kind of address.</summary>
public sealed class LinuxFixture(LinuxEngine engine, bool inline = false, int threads = 2, bool isUnix = false) : TransportFixture
{
    /// <summary>As on kernels that have no limit of a multishot receive (before Linux 6.17).</summary>
    internal static readonly RingSettings OlderKernel = new() { HasReceiveLimit = false };

    /// <summary>So few entries and buffers that the rings are always full and the buffers always used up.</summary>
    internal static readonly RingSettings Scarce =
        new() { Submissions = 8, Completions = 16, SmallBuffers = 4, MaxSmallBuffers = 8, LargeBuffers = 2 };

    /// <summary>Creates the setup of the engine threads.</summary>
    internal Func<LinuxEngine, SocketTransportOptions, EngineSetup> CreateSetup { get; init; } =
        static (engine, sockets) => new(engine, sockets);

    /// <summary>The settings of engine threads on io_uring.</summary>
    internal RingSettings RingSettings { get; init; } = RingSettings.Default;

    public override string? Unavailable =>
        !OperatingSystem.IsLinux() ? "Only Linux has these engines."
        : engine is LinuxEngine.IoUring && IoUringProbe.Result is { IsSupported: false, Reason: var reason } ? reason
        : null;

    public override bool HasListenerTcpInfo => base.HasListenerTcpInfo && !isUnix;

    public override bool HasReset => !isUnix;

    // An address of RFC 5737.
    public override EndPoint? ForeignEndPoint => isUnix ? null : new IPEndPoint(IPAddress.Parse("203.0.113.1"), 0);

    public override Task RunAsync(TransportSettings settings, Func<TransportWorld, Task> test) =>
        RunAsync(settings, (world, _) => test(world));

    /// <summary>For tests of what only this transport has.</summary>
    public async Task RunAsync(
        TransportSettings settings,
        Func<TransportWorld, LinuxTransport, Task> test,
        Action<LinuxTransportOptions>? configure = null)
    {
        Assert.SkipWhen(Unavailable is not null, Unavailable ?? "");
        var sockets = settings.ToOptions();
        sockets.UnsafePreferInlineScheduling = inline;
        var options = new LinuxTransportOptions { Engine = engine, ThreadCount = threads, Sockets = sockets };
        configure?.Invoke(options);
        using var directory = new TemporaryDirectory();
        await using var transport = new LinuxTransport(options) { CreateSetup = CreateSetup, RingSettings = RingSettings };
        await new TransportWorld
        {
            Listening = transport,
            Connecting = transport,
            NewEndPoint = () => isUnix
                ? new UnixDomainSocketEndPoint(directory.NewPath())
                : new IPEndPoint(IPAddress.Loopback, 0),
            Time = TimeProvider.System,
            RentedBuffers = () => transport.RentedBlockCount,
            AssertReleased = connection => Assert.Null(((EngineConnection)connection).GetTcpInfo()),
        }.RunAsync(world => test(world, transport));
    }
}
