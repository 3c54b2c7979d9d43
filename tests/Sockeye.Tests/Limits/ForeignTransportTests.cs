using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

/// <summary>Connections of a transport that does not count bytes.</summary>
public sealed class ForeignTransportTests : IConnectionListenerFactory
{
    private readonly ScriptedListener _listener = new();
    private readonly CountedTime _time = new();

    [Fact]
    public async Task Only_the_lifetime_is_watched_and_the_log_says_so_once()
    {
        using var log = new TestLog();
        await using var server = await SockeyeServer.StartAsync(
            options =>
            {
                (options.Transport, options.TimeProvider, options.LoggerFactory) = (this, _time, log);
                options.Timeouts.Lifetime = TimeSpan.FromHours(1);
                options.Listen(_listener.EndPoint).Run(ConnectionText.Echo);
            },
            TestContext.Current.CancellationToken);
        var (first, second) = (MemoryConnection.CreatePair(), MemoryConnection.CreatePair());
        _listener.Accept(first.Server);
        _listener.Accept(second.Server);
        await BoundedWait.Until(() => server.ConnectionCount == 2, "both were accepted");

        _time.Pass(TimeSpan.FromMinutes(59), TimeSpan.FromSeconds(1));
        Assert.Equal(2, server.ConnectionCount);
        Assert.Contains(nameof(ForeignTransportTests), Assert.Single(log.WithId(1350)).Message);

        _time.Pass(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(1));
        await BoundedWait.Until(() => server.ConnectionCount == 0, "both were over");
        Assert.All(log.WithId(1200), end => Assert.Contains("(Timeouts.Lifetime)", end.Message));
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(_listener);
}
