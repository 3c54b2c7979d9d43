using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>A ClientHello may come in any number of records (RFC 8446, section 5.1): on sockets of the default engine.</summary>
public sealed class FragmentedHelloTests
{
    public static TheoryData<SslProtocols, int, bool> Cuts
    {
        get
        {
            var data = new TheoryData<SslProtocols, int, bool>();
            foreach (var protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
            {
                foreach (var length in (int[])[1, 2, 4, 5, 40, 200, 16_384])
                {
                    data.Add(protocol, length, false);
                    data.Add(protocol, length, true);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Cuts))]
    public async Task Client_gets_the_certificate_it_asks_for_however_its_hello_is_cut(
        SslProtocols protocol, int length, bool isApart) => Assert.Equal(
            ("CN=second.example", "second.example", protocol), await ShakeHandsAsync(protocol, length, isApart, protocols: 0));

    [Theory]
    [InlineData(60, 1)]
    [InlineData(60, 5_000)]
    [InlineData(60, 16_384)]
    [InlineData(150, 1_000)]
    [InlineData(150, 16_384)]
    public async Task Long_hello_is_read_to_its_end(int protocols, int length) => Assert.Equal(
        ("CN=second.example", "second.example", SslProtocols.Tls13),
        await ShakeHandsAsync(SslProtocols.Tls13, length, isApart: false, protocols));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 100)]
    [InlineData(150, 16_384)]
    public async Task Callback_that_chooses_the_certificate_gets_the_name(int protocols, int length)
    {
        using var authority = new TestAuthority(TimeProvider.System);
        using var certificate = authority.Sign("xn--bcher-kva.example");
        string? asked = null;
        await using var server = await StartAsync(tls => tls.Authentication.ServerCertificateSelectionCallback = (_, name) =>
        {
            asked = name;
            return certificate;
        });

        await using var ssl = await ConnectAsync(
            server, SslProtocols.Tls13, length, isApart: false, protocols, "xn--bcher-kva.example");

        Assert.Equal("bücher.example", asked); // as .NET has it
    }

    private static async Task<(string Subject, string? Asked, SslProtocols Protocol)> ShakeHandsAsync(
        SslProtocols protocol, int length, bool isApart, int protocols)
    {
        using var authority = new TestAuthority(TimeProvider.System);
        var asked = new TaskCompletionSource<string?>();
        await using var server = await StartAsync(
            tls =>
            {
                tls.AddCertificate(authority.Sign("first.example"));
                tls.AddCertificate(authority.Sign("second.example"));
            },
            connection =>
            {
                asked.TrySetResult(connection.Tls!.ServerName);
                return ConnectionText.Echo(connection);
            });

        await using var ssl = await ConnectAsync(server, protocol, length, isApart, protocols, "second.example");
        await ssl.WriteAsync("hello"u8.ToArray(), Token);
        var answer = new byte[5];
        await ssl.ReadExactlyAsync(answer, Token).AsTask().Within();
        Assert.Equal("hello"u8, answer);
        return (ssl.RemoteCertificate!.Subject, await asked.Task.Within(), ssl.SslProtocol);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<SockeyeServer> StartAsync(Action<TlsServerOptions> configure, ConnectionDelegate? handler = null) =>
        SockeyeServer.StartAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseTls(configure)
                .Run(handler ?? ConnectionText.Echo),
            Token);

    private static async Task<SslStream> ConnectAsync(
        SockeyeServer server, SslProtocols protocol, int length, bool isApart, int protocols, string name)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoints[0], Token).AsTask().Within();
        var ssl = new SslStream(new CutHello(new NetworkStream(socket, ownsSocket: true), length, isApart));
        await ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = protocol,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            // Long names make a long hello. None of them is the server's, which has none.
            ApplicationProtocols = protocols == 0
                ? null
                : [.. Enumerable.Range(0, protocols).Select(i => new SslApplicationProtocol($"{i:000}".PadRight(250, 'x')))],
        }, Token).Within();
        return ssl;
    }
}
