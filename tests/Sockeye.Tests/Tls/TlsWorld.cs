using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>A simulated network with an authority whom its clients trust.</summary>
internal sealed class TlsWorld(Simulated world) : IDisposable
{
    public const int Port = 7000;

    private const int Seed = 1500;

    public Simulated Simulated => world;

    public TestAuthority Authority { get; } = new(world.Time);

    public static void Run(Func<TlsWorld, Task> test) => Simulated.Run(Seed, async simulated =>
    {
        using var world = new TlsWorld(simulated);
        await test(world);
    });

    /// <summary>A server of echoes with a certificate for "server", by default.</summary>
    public Task<SockeyeServer> Start(Action<TlsServerOptions>? configure = null, ConnectionDelegate? handler = null) =>
        world.StartWith(listen => listen
            .UseTls(tls =>
            {
                configure?.Invoke(tls);
                if (tls.Certificates.Count == 0)
                    tls.AddCertificate(Authority.Sign("server"));
            })
            .Run(handler ?? ConnectionText.Echo));

    public SockeyeClient NewClient(Action<TlsClientOptions>? configure = null) => world.NewClient(options => options.UseTls(tls =>
    {
        tls.TrustedAuthorities = [Authority.Certificate];
        configure?.Invoke(tls);
    }));

    public ValueTask<ConnectionContext> Connect(Action<TlsClientOptions>? configure = null) =>
        NewClient(configure).ConnectAsync("server", Port);

    /// <summary>Connecting fails at this, with these text.</summary>
    public async Task AssertFails(TlsFailure failure, string text, Action<TlsClientOptions>? configure = null)
    {
        var error = await Assert.ThrowsAsync<TlsException>(() => Connect(configure).AsTask());
        Assert.Equal((failure, true), (error.Failure, error.Message.Contains(text, StringComparison.Ordinal)), Same(error));
        Assert.StartsWith($"no TLS with server:{Port}: ", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Authority.Dispose();

    private static Func<(TlsFailure, bool), (TlsFailure, bool), bool> Same(TlsException error) => (expected, actual) =>
        expected == actual ? true : throw new InvalidOperationException($"It failed at {error.Failure}: {error}");
}
