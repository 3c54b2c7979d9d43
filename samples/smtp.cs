#:project ../src/Sockeye/Sockeye.csproj
// A mail server that accepts mail after STARTTLS only, and a client that sends one: dotnet run samples/smtp.cs
// dotnet run samples/smtp.cs -- 2525 serves until Ctrl+C. Then:
//   curl --ssl-reqd -k smtp://127.0.0.1:2525 --mail-from a@example.com --mail-rcpt b@example.com --upload-file mail.txt
//   openssl s_client -starttls smtp -connect 127.0.0.1:2525 -crlf
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye;

var lines = Codec.Lines(maxLength: 998, Encoding.Latin1, LineEnding.CrLf);
using var certificate = TlsCertificates.CreateSelfSigned("localhost"); // In production: AddCertificateFiles.

void Serve(ListenOptions listen) => listen
    .UseIdleTimeout(TimeSpan.FromMinutes(5))
    .Use(StartTlsAsync) // In clear text, until the client asks for TLS.
    .UseTls(certificate)
    .Run(lines, ServeMailAsync); // Only over TLS.

if (args is [var port, ..])
{
    await SockeyeServer.RunAsync(server => Serve(server.ListenLocalhost(int.Parse(port))));
    return;
}

await using var server = await SockeyeServer.StartAsync(options => Serve(options.ListenLocalhost(0)));
await SendMailAsync();

// The server, in clear text: it answers EHLO, NOOP, QUIT and STARTTLS, and nothing else.
async Task StartTlsAsync(ConnectionContext connection, ConnectionDelegate next)
{
    var client = connection.AsMessages(lines);
    await client.WriteAsync("220 localhost ESMTP");
    while ((await client.ReadAsync()).TryGetMessage(out var line))
    {
        switch (Verb(line))
        {
            case "EHLO":
                await client.WriteManyAsync(["250-localhost", "250 STARTTLS"]);
                break;
            case "STARTTLS":
                // Bytes that came with the command were not encrypted. Taken for encrypted ones later, they would be commands
                // of an attacker (CVE-2011-0411).
                if (HasInput(connection))
                {
                    connection.Abort(CloseCause.ProtocolError, "the client sent more after STARTTLS, in clear text");
                    return;
                }

                await client.WriteAsync("220 go ahead");
                await client.DisposeAsync(); // The connection belongs to the server, and stays open for TLS.
                await next(connection);
                return;
            case "NOOP":
                await client.WriteAsync("250 OK");
                break;
            case "QUIT":
                await client.WriteAsync("221 bye");
                return;
            default:
                await client.WriteAsync("530 Must issue a STARTTLS command first");
                break;
        }
    }
}

// The server, over TLS.
async Task ServeMailAsync(MessageConnection<string> client)
{
    while ((await client.ReadAsync()).TryGetMessage(out var line))
    {
        switch (Verb(line))
        {
            case "EHLO" or "HELO" or "MAIL" or "RCPT" or "RSET" or "NOOP":
                await client.WriteAsync("250 OK");
                break;
            case "DATA":
                await client.WriteAsync("354 end with a line that has only a dot");
                var count = 0;
                while ((await client.ReadAsync()).Message is var text and not ".")
                    count += text.Length;
                Console.WriteLine($"a mail with {count} characters, over {client.Connection.Tls?.Protocol}");
                await client.WriteAsync("250 accepted");
                break;
            case "QUIT":
                await client.WriteAsync("221 bye");
                return;
            default:
                await client.WriteAsync("502 unknown command");
                break;
        }
    }
}

// The client: a step in clear text, then TLS, then requests and responses in order.
async Task SendMailAsync()
{
    var mail = new SockeyeClient(options => options
        .Use(async (connection, cancelled) =>
        {
            var server = connection.AsMessages(lines);
            await ExpectAsync(server, "220", null, cancelled);
            await ExpectAsync(server, "250", "EHLO client.example", cancelled);
            await ExpectAsync(server, "220", "STARTTLS", cancelled);
            return HasInput(connection)
                ? throw new IOException("The server sent more after its response to STARTTLS, in clear text.")
                : connection;
        })
        .UseTls(tls => tls.PinnedFingerprint = TlsCertificates.Fingerprint(certificate)));

    await using var connection = await mail.ConnectAsync(server.EndPoints[0], lines);
    await using var requests = connection.AsRequests(); // The response to a request is one line here.
    foreach (var (request, expected) in ((string, string)[])[
        ("EHLO client.example", "250"), ("MAIL FROM:<a@example.com>", "250"), ("RCPT TO:<b@example.com>", "250"), ("DATA", "354"),
        ("Subject: hello\r\n\r\nHello Bob\r\n.", "250"), ("QUIT", "221")])
    {
        foreach (var text in request.Split("\r\n")[..^1])
            await requests.Messages.WriteAsync(text); // Lines of a mail get no response, except for the last one.
        var response = await requests.SendAsync(request.Split("\r\n")[^1]);
        Console.WriteLine($"{request.Split("\r\n")[0]} -> {response}");
        if (!response.StartsWith(expected, StringComparison.Ordinal))
            throw new InvalidDataException(response);
    }
}

static string Verb(string line) => line.Split(' ')[0].ToUpperInvariant();

static bool HasInput(ConnectionContext connection)
{
    if (!connection.Transport.Input.TryRead(out var read))
        return false;
    var hasInput = !read.Buffer.IsEmpty;
    connection.Transport.Input.AdvanceTo(read.Buffer.Start);
    return hasInput;
}

// Sends a command, if there is one, and reads its response, which may have several lines.
static async ValueTask ExpectAsync(MessageConnection<string> server, string code, string? command, CancellationToken cancelled)
{
    if (command is not null)
        await server.WriteAsync(command, cancelled);
    string line;
    do
        line = (await server.ReadAsync(cancelled)).Message;
    while (line.StartsWith($"{code}-", StringComparison.Ordinal));
    if (!line.StartsWith(code, StringComparison.Ordinal))
        throw new IOException($"The server answered '{line}' to {command ?? "the connection"}.");
}
