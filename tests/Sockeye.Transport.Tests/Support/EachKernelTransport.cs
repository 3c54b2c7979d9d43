using System.Net.Sockets;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Linux;
using Sockeye.Transport.Tests.Sockets;

namespace Sockeye.Transport.Tests.Support;

/// <summary>Every transport on sockets of the system, by name: for tests whose peer is a bare socket.</summary>
public static class EachKernelTransport
{
    private static readonly Dictionary<string, TransportFixture> Fixtures = new()
    {
        ["Sockets"] = new SocketFixture(AddressFamily.InterNetwork),
        ["Sockets inline"] = new SocketFixture(AddressFamily.InterNetwork, inline: true),
        ["Sockets, Unix"] = new SocketFixture(AddressFamily.Unix),
        ["Epoll"] = new LinuxFixture(LinuxEngine.Epoll),
        ["Epoll inline"] = new LinuxFixture(LinuxEngine.Epoll, inline: true),
        ["IoUring"] = new LinuxFixture(LinuxEngine.IoUring),
        ["IoUring inline"] = new LinuxFixture(LinuxEngine.IoUring, inline: true),
        ["Epoll, Unix"] = new LinuxFixture(LinuxEngine.Epoll, isUnix: true),
        ["IoUring, Unix"] = new LinuxFixture(LinuxEngine.IoUring, isUnix: true),
        ["IoUring, older kernel"] = new LinuxFixture(LinuxEngine.IoUring) { RingSettings = LinuxFixture.OlderKernel },
    };

    public static IEnumerable<string> Names => Fixtures.Keys;

    public static IEnumerable<string> NamesOfTcp => Fixtures.Where(named => named.Value.HasReset).Select(named => named.Key);

    public static Task RunAsync(string name, TransportSettings settings, Func<TransportWorld, Task> test)
    {
        var fixture = Fixtures[name];
        Assert.SkipWhen(fixture.Unavailable is not null, fixture.Unavailable ?? "");
        return fixture.RunAsync(settings, test);
    }
}
