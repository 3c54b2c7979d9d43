using Sockeye.Linux;

namespace Sockeye.Browser.Tests.Support;

/// <summary>One site an engine, started when a test first asks for it, for all tests.</summary>
public sealed class Sites : IAsyncDisposable
{
    private readonly Dictionary<string, Lazy<Task<Site>>> _sites =
        Engines.ToDictionary(engine => engine, engine => new Lazy<Task<Site>>(() => Site.StartAsync(engine)));

    public static IEnumerable<string> Engines => ["io_uring", "epoll", "sockets"];

    public Task<Site> GetAsync(string engine)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The site is stopped by SIGTERM, which Windows does not have.");
        if (engine == "io_uring")
            SkipUnlessIoUring();
        Assert.SkipUnless(engine == "sockets" || OperatingSystem.IsLinux(), $"Only Linux has {engine}.");
        return _sites[engine].Value;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var site in _sites.Values.Where(site => site is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }))
            await (await site.Value).DisposeAsync();
    }

    private static void SkipUnlessIoUring()
    {
        try
        {
            _ = new LinuxTransport(new() { Engine = LinuxEngine.IoUring });
        }
        catch (PlatformNotSupportedException e)
        {
            Assert.Skip(e.Message);
        }
    }
}
