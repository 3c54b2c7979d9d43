using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>TLS that starts in the middle of a connection, with the certificates of the configuration.</summary>
public sealed class StartTlsTests : IDisposable
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 100);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Both_ends_start_TLS_in_the_middle_with_what_their_sections_say()
    {
        Write("first", "server");
        await using var host = await StartAsync(WithTls("server"));
        await using var clients = await StartClientAsync(host);
        var client = clients.Services.GetRequiredKeyedService<HostedClient>("mail");

        await using var connection = await client.ConnectAsync(Lines, Cancelled).AsTask().Within();
        await connection.WriteAsync("who", Cancelled);

        Assert.Equal("over TLS", (await connection.ReadAsync(Cancelled)).Message);
        Assert.Equal("CN=first", connection.Tls!.RemoteCertificate!.Subject);
    }

    [Fact]
    public async Task Certificate_file_that_changes_is_used_by_the_next_handshake_also_of_a_connection_in_clear_text()
    {
        Write("first", "server");
        await using var host = await StartAsync(WithTls("server"));
        Assert.Equal("CN=first", await SubjectAsync(host));
        await using var waiting = await host.ConnectAsync();
        var plain = waiting.AsMessages(Lines);
        Assert.Equal("ready", (await plain.ReadAsync(Cancelled)).Message);

        Write("second", "server");
        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal("CN=second", await SubjectAsync(host));
        Assert.Equal("CN=second", await SubjectAsync(waiting));
    }

    [Fact]
    public async Task Reload_that_names_another_file_shows_the_other_certificate()
    {
        Write("first", "first");
        Write("second", "second");
        await using var host = await StartAsync(WithTls("first"));
        Assert.Equal("CN=first", await SubjectAsync(host));

        await host.ChangeAsync(WithTls("second"));

        Assert.Equal("CN=second", await SubjectAsync(host));
    }

    [Fact]
    public async Task Handler_that_starts_TLS_needs_a_section_Tls()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(TestHost.OneEndPoint("mail")));

        Assert.Contains(
            "Sockeye:EndPoints:a:Handler is \"mail\": it starts TLS in the middle of connections (beforeTls), so the endpoint "
                + "needs a section Tls", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_without_the_section_is_refused_and_connections_still_get_TLS()
    {
        Write("first", "server");
        await using var host = await StartAsync(WithTls("server"));

        var line = await host.ChangeAndExpectRefusalAsync(TestHost.OneEndPoint("mail"));

        Assert.Contains("needs a section Tls", line, StringComparison.Ordinal);
        Assert.Equal("CN=first", await SubjectAsync(host));
    }

    [Fact]
    public async Task Phase_before_TLS_that_ends_the_pipeline_is_named()
    {
        Write("first", "server");

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => TestHost.StartAsync(
            WithTls("server"),
            server => server.AddHandler(
                "mail", listen => listen.Run(ConnectionText.Echo), beforeTls: listen => listen.Run(ConnectionText.Echo)),
            contentRoot: _directory.Path));

        Assert.Contains("its beforeTls ends the pipeline with Run", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_classes_start_TLS_too()
    {
        Write("first", "server");
        await using var single = await TestHost.StartAsync(
            WithTls("server"), server => server.AddHandler<Greeting>("mail", beforeTls: listen => listen.Use(StartTlsAsync)),
            contentRoot: _directory.Path);
        await using var scoped = await TestHost.StartAsync(
            WithTls("server"), server => server.ScopedHandler<Greeting>("mail", beforeTls: listen => listen.Use(StartTlsAsync)),
            contentRoot: _directory.Path);

        Assert.Equal("CN=first", await SubjectAsync(single));
        Assert.Equal("CN=first", await SubjectAsync(scoped));
    }

    private Task<TestHost> StartAsync(string json) => TestHost.StartAsync(
        json,
        server => server
            .Configure(options => options.TimeProvider = _time)
            .AddHandler("mail", listen => listen.Run(Lines, _ => "over TLS"), beforeTls: listen => listen.Use(StartTlsAsync)),
        contentRoot: _directory.Path);

    /// <summary>A host whose client trusts the certificate of the server, and starts TLS in the middle of its
    /// connections.</summary>
    private Task<TestHost> StartClientAsync(TestHost server) => TestHost.StartAsync(
        $$"""
        {
          "Sockeye": { "EndPoints": { "a": { "Listen": "127.0.0.1:0", "Handler": "echo" } } },
          "SockeyeClients": { "mail": {
            "EndPoint": "{{server.Server.EndPoints[0]}}", "Tls": { "Authorities": "server.pem", "ServerName": "first" } } }
        }
        """,
        services: services => services.AddSockeyeClient("mail", options => options.Use(AskForTlsAsync)),
        contentRoot: _directory.Path);

    private static string WithTls(string name) =>
        TestHost.OneEndPoint("mail", $$""", "Tls": { "Certificate": {{JsonSerializer.Serialize($"{name}.pem")}} }""");

    private static async Task StartTlsAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        await using (var plain = connection.AsMessages(Lines))
        {
            await plain.WriteAsync("ready");
            if (!(await plain.ReadAsync()).TryGetMessage(out var line) || line is not "STARTTLS")
                return;
            await plain.WriteAsync("go ahead");
        }

        await next(connection);
    }

    private static async ValueTask<ConnectionContext> AskForTlsAsync(ConnectionContext connection, CancellationToken cancelled)
    {
        var plain = connection.AsMessages(Lines);
        Assert.Equal("ready", (await plain.ReadAsync(cancelled)).Message);
        await plain.WriteAsync("STARTTLS", cancelled);
        Assert.Equal("go ahead", (await plain.ReadAsync(cancelled)).Message);
        return connection;
    }

    private static async Task<string> SubjectAsync(TestHost host)
    {
        await using var connection = await host.ConnectAsync();
        Assert.Equal("ready", (await connection.AsMessages(Lines).ReadAsync(Cancelled)).Message);
        return await SubjectAsync(connection);
    }

    /// <summary>Starts TLS on a connection in clear text, and returns the subject of the server's certificate.</summary>
    private static async Task<string> SubjectAsync(ConnectionContext connection)
    {
        var plain = connection.AsMessages(Lines);
        await plain.WriteAsync("STARTTLS", Cancelled);
        Assert.Equal("go ahead", (await plain.ReadAsync(Cancelled)).Message);
        var subject = "";
        await using var tls = new System.Net.Security.SslStream(connection.AsStream(), true, (_, certificate, _, _) =>
        {
            subject = certificate?.Subject ?? "";
            return certificate is not null;
        });
        await tls.AuthenticateAsClientAsync(new() { TargetHost = "any" }, Cancelled).Within();
        return subject;
    }

    private void Write(string name, string file)
    {
        using var certificate = TlsCertificates.CreateSelfSigned(name);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!;
        File.WriteAllText(
            Path.Combine(_directory.Path, $"{file}.pem"),
            $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    private sealed class Greeting() : MessageHandler<string>(Lines)
    {
        protected override Task HandleAsync(MessageConnection<string> messages) => messages.WriteAsync("hello").AsTask();
    }
}
