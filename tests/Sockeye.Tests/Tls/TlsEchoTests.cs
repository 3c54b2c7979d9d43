using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

public sealed class TlsEchoTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void Both_ends_see_clear_bytes_and_what_was_agreed_on(SslProtocols protocol) => TlsWorld.Run(async world =>
    {
        TlsInfo? seen = null;
        await using var server = await world.Start(
            tls => tls.Authentication.ApplicationProtocols = [new("other"), new("echo")],
            connection =>
            {
                seen = connection.Tls;
                return ConnectionText.Echo(connection);
            });

        await using var connection = await world.Connect(tls =>
        {
            tls.Authentication.EnabledSslProtocols = protocol;
            tls.Authentication.ApplicationProtocols = [new("echo")];
        });
        await connection.SendAsync("hello");
        Assert.Equal("hello", await connection.ReadAsync(5));

        Assert.Equal((protocol, "echo", "server"), (seen!.Protocol, seen.ApplicationProtocol, seen.ServerName));
        var info = connection.Tls!;
        Assert.Equal((seen.CipherSuite, "echo", "server"), (info.CipherSuite, info.ApplicationProtocol, info.ServerName));
        Assert.Equal("CN=server", info.RemoteCertificate!.Subject);
        Assert.Equal("CN=server", seen.LocalCertificate!.Subject);
        Assert.Null(info.LocalCertificate);
        Assert.Equal(protocol, connection.Features.Get<ITlsHandshakeFeature>()!.Protocol);
    });

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public void Half_close_crosses_TLS_and_both_ends_close_in_order(SslProtocols protocol) => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(handler: async connection =>
        {
            var question = await connection.ReadToEndAsync();
            await connection.SendAsync($"{question}? yes");
        });

        await using var connection = await world.Connect(tls => tls.Authentication.EnabledSslProtocols = protocol);
        await connection.SendAsync("really");
        connection.Transport.Output.Complete();

        Assert.Equal("really? yes", await connection.ReadToEndAsync());
        await connection.DisposeAsync();
        var reason = connection.CloseReason!;
        Assert.Equal((ClosedBy.Local, CloseCause.Fin), (reason.By, reason.Cause));
        Assert.Contains("Peer Fin Input", (await world.Simulated.ConnectionEnded()).Message);
    });

    [Fact]
    public void Handler_that_throws_resets_the_connection_as_without_TLS() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(handler: _ => throw new InvalidOperationException("careless"));

        await using var connection = await world.Connect();

        await connection.AssertResetAsync();
        Assert.Contains("Local HandlerError Both", (await world.Simulated.ConnectionEnded()).Message);
    });

    [Fact]
    public void Stop_lets_a_handler_finish_and_says_so_over_TLS() => TlsWorld.Run(async world =>
    {
        var server = await world.Start(handler: async connection =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Simulated.Time, connection.StopRequested)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await connection.SendAsync("bye");
        });
        await using var connection = await world.Connect();

        var stopping = server.StopAsync(CancellationToken.None);

        Assert.Equal("bye", await connection.ReadToEndAsync());
        await connection.DisposeAsync();
        await stopping;
        Assert.DoesNotContain("close_notify", connection.CloseReason!.Description);
        Assert.Contains("Local Stop Output", (await world.Simulated.ConnectionEnded()).Message);
    });

    [Fact]
    public void Idle_connection_is_closed_with_close_notify() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.StartWith(listen => listen
            .UseTls(world.Authority.Sign("server")).UseIdleTimeout(TimeSpan.FromSeconds(5)).Run(ConnectionText.Echo));

        await using var connection = await world.Connect();

        Assert.Equal("", await connection.ReadToEndAsync());
        Assert.DoesNotContain("close_notify", connection.CloseReason!.Description);
    });

    [Fact]
    public void Messages_pools_and_reconnecting_go_over_TLS() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.StartWith(listen => listen
            .UseTls(world.Authority.Sign("server"))
            .Run(Codec.Lines(100), async messages =>
            {
                await foreach (var line in messages.ReadAllAsync())
                    await messages.WriteAsync(line);
            }));

        await using var pool = new ConnectionPool(world.NewClient(), "server", TlsWorld.Port);
        for (var i = 0; i < 3; i++)
        {
            await using var rented = await pool.RentAsync();
            await rented.Connection.SendAsync("line\n");
            Assert.Equal("line\n", await rented.Connection.ReadAsync(5));
        }

        Assert.Equal(1, pool.Count);
        var rounds = 0;
        await foreach (var messages in world.NewClient().ReconnectAsync("server", TlsWorld.Port, Codec.Lines(100)))
        {
            await messages.WriteAsync("again");
            await foreach (var line in messages.ReadAllAsync())
            {
                Assert.Equal("again", line);
                break;
            }

            if (++rounds == 2)
                break;
        }
    });

    [Fact]
    public void Own_validation_of_the_options_is_the_only_judgement() => TlsWorld.Run(async world =>
    {
        using var strange = TlsCertificates.CreateSelfSigned(world.Simulated.Time, "elsewhere");
        await using var server = await world.Start(tls => tls.AddCertificate(strange));
        SslPolicyErrors? reported = null;

        var client = world.Simulated.NewClient(options => options.UseTls(new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, _, errors) => (reported = errors) is not null,
        }));
        await using var connection = await client.ConnectAsync("server", TlsWorld.Port);

        Assert.Equal(SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors, reported);
        await world.AssertFails(TlsFailure.CertificateRefused, "the validation callback of the options refused",
            tls => tls.Authentication.RemoteCertificateValidationCallback = (_, _, _, _) => false);
    });
}
