using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Sockeye.Kestrel.Tests.Support;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Kestrel.Tests;

/// <summary>TLS over the transport's pipes, with a certificate made here.</summary>
public sealed class HttpsTests
{
    [Theory, ClassData<EachTransport>]
    public async Task Bodies_cross_encrypted_and_clients_see_the_certificate(LinuxEngine engine, bool inline)
    {
        const long Length = 5_000_000;
        using var certificate = PfxCertificate.Create("localhost");
        await using var host = await KestrelHost.StartAsync(
            engine,
            inline,
            app => app.MapPost("/", async (HttpContext context) =>
            {
                var length = await LongBody.CheckAsync(context.Request.Body);
                await LongBody.WriteAsync(context.Response.Body, length);
            }),
            listen => listen.UseHttps(certificate));
        var seen = "";
        using var http = new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, shown, _, _) => (seen = shown!.Thumbprint) == certificate.Thumbprint,
        }) { BaseAddress = host.Address };
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/")
            {
                Content = new LongBody(Length), Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken).Within();
            await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.Equal(Length, await LongBody.CheckAsync(body).Within());
            Assert.Equal(certificate.Thumbprint, seen);
        }
    }
}
