using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Tls;

/// <summary>
/// TLS on top of another transport: the handshake of each connection comes first, as in the middleware of a server and the
/// layer of a client.
/// </summary>
public sealed class TlsFixture(TransportFixture below, SslProtocols protocol = SslProtocols.Tls13) : TransportFixture
{
    /// <summary>On Windows a PFX with an RSA key, because its TLS (Schannel) on Wine has no other keys.</summary>
    private static readonly X509Certificate2 Certificate =
        OperatingSystem.IsWindows() ? PfxCertificate.Create("localhost") : TlsCertificates.CreateSelfSigned();

    /// <summary>On Windows, which has TLS 1.3 from Windows 11 on only, the newest version that it has.</summary>
    private readonly SslProtocols _protocol =
        OperatingSystem.IsWindows() && protocol is SslProtocols.Tls13 ? SslProtocols.None : protocol;

    public override string? Unavailable => below.Unavailable;

    public override bool HasReset => below.HasReset;

    public override bool CountsDiscarded => false;

    public override long BulkLength => below.BulkLength / 4;

    public override EndPoint? ForeignEndPoint => below.ForeignEndPoint;

    public override Task ArriveAsync(TransportWorld world) => below.ArriveAsync(world);

    public override Task RunAsync(TransportSettings settings, Func<TransportWorld, Task> test) =>
        below.RunAsync(settings, world => new TransportWorld
        {
            Listening = new Server(world.Listening, world.Time),
            Connecting = new Client(world.Connecting, world.Time, _protocol),
            Serving = (world.Listening, static listen => listen.UseTls(Certificate)),
            NewEndPoint = world.NewEndPoint,
            Time = world.Time,
            RentedBuffers = world.RentedBuffers,
            AssertReleased = connection => world.AssertReleased(((TlsConnection)connection).Lower),
        }.RunAsync(test));

    private sealed class Client(IConnectionFactory below, TimeProvider time, SslProtocols protocol) : IConnectionFactory
    {
        private readonly TlsClient _tls = new(
            new(new() { EnabledSslProtocols = protocol }) { PinnedFingerprint = TlsCertificates.Fingerprint(Certificate) });

        private readonly SockeyeClient _client = new(new SockeyeClientOptions { TimeProvider = time });

        public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            var connection = await below.ConnectAsync(endpoint, cancellationToken);
            return await _tls.ApplyAsync(_client, connection, new DnsEndPoint("localhost", 1), cancellationToken);
        }
    }

    private sealed class Server : IConnectionListenerFactory
    {
        private readonly IConnectionListenerFactory _below;
        private readonly Func<ConnectionContext, ConnectionDelegate, Task> _run;

        public Server(IConnectionListenerFactory below, TimeProvider time)
        {
            _below = below;
            var options = new SockeyeServerOptions { TimeProvider = time };
            var listen = options.ListenLocalhost(0);
            listen.UseTls(Certificate);
            var pipeline = new PipelineContext(listen, new(ServerConfiguration.Create(options)));
            _run = (connection, next) => listen.Middleware[0].Wrap(next, pipeline)(connection);
        }

        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            new Listener(await _below.BindAsync(endpoint, cancellationToken), _run);
    }

    private sealed class Listener(IConnectionListener below, Func<ConnectionContext, ConnectionDelegate, Task> run)
        : IConnectionListener
    {
        public EndPoint EndPoint => below.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (await below.AcceptAsync(cancellationToken) is not { } accepted)
                return null;
            ConnectionContext? encrypted = null;
            await run(accepted, connection =>
            {
                encrypted = connection;
                return Task.CompletedTask;
            });
            return encrypted ?? throw new IOException($"No TLS with the client: {accepted.CloseReason}");
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => below.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => below.DisposeAsync();
    }
}
