#:project ../src/Sockeye/Sockeye.csproj
using System.Text;
using Sockeye;

using var certificate = TlsCertificates.CreateSelfSigned("localhost"); // In production: AddCertificateFiles.

await using var server = await SockeyeServer.StartAsync(options => options
    .ListenLocalhost(7443)
    .UseTls(certificate)
    .Run(connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output)));

var client = new SockeyeClient(options => options.UseTls(tls =>
    tls.PinnedFingerprint = TlsCertificates.Fingerprint(certificate))); // UseTls() alone uses the trust store of the system.
await using var connection = await client.ConnectAsync("localhost", 7443);
await connection.Transport.Output.WriteAsync("hello\n"u8.ToArray());
var echo = await connection.Transport.Input.ReadAtLeastAsync(6);
Console.Write($"{connection.Tls?.Protocol}, {connection.Tls?.CipherSuite}: {Encoding.UTF8.GetString(echo.Buffer)}");
connection.Transport.Input.AdvanceTo(echo.Buffer.End);
