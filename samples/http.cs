#:project ../src/Sockeye/Sockeye.csproj
// A web server for curl and browsers (HTTP/1.1, RFC 9112). Its page shows the two ends of the page's own connection.
using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye;

const int MaxHead = 8 * 1024;

Console.WriteLine("http://localhost:7080/ (Ctrl+C ends)");
await SockeyeServer.RunAsync(server => server
    .ListenLocalhost(7080)
    .UseConnectionLimit(1000)
    .UseIdleTimeout(TimeSpan.FromSeconds(30))
    .Run(ServeAsync));

static async Task ServeAsync(ConnectionContext connection)
{
    var (input, output) = (connection.Transport.Input, connection.Transport.Output);
    using var stop = connection.StopRequested.Register(input.CancelPendingRead);

    // Keep-alive: one request after another on the same connection. Returning closes it: flush, then FIN.
    while (await ReadHeadAsync(input) is { } head)
    {
        var keepAlive = Answer(head, connection, output);
        await output.FlushAsync();
        if (!keepAlive || connection.StopRequested.IsCancellationRequested)
            break;
    }
}

// Reads the first line and the fields of a request: null at the end of the connection, "" if it ends inside them.
static async Task<string?> ReadHeadAsync(PipeReader input)
{
    while (true)
    {
        var read = await input.ReadAsync();
        var reader = new SequenceReader<byte>(read.Buffer);
        var isWhole = reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8);
        if (isWhole || read.IsCompleted || read.Buffer.Length > MaxHead)
        {
            var text = isWhole ? Text(head) : read.Buffer.Length > MaxHead ? Text(read.Buffer) : read.Buffer.IsEmpty ? null : "";
            input.AdvanceTo(isWhole ? reader.Position : read.Buffer.End);
            return text;
        }

        input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        if (read.IsCanceled)
            return null;
    }

    static string Text(ReadOnlySequence<byte> head) =>
        Encoding.Latin1.GetString(head.Slice(0, Math.Min(head.Length, MaxHead + 1)));
}

// Writes the response and returns whether another request may follow.
static bool Answer(string head, ConnectionContext connection, PipeWriter output)
{
    var lines = head.Split("\r\n");
    var request = lines[0].Split(' ');
    string[] Field(string name) =>
        [.. lines.Skip(1).Where(line => line.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase))];
    var isWellFormed = lines.Skip(1).All(line => line.IndexOf(':') > 0 && !char.IsWhiteSpace(line[0]));
    var hasBody = Field("Transfer-Encoding").Length > 0 || Field("Content-Length").Any(line => line[15..].Trim() != "0");
    var status = request switch
    {
        _ when head.Length > MaxHead => "431 Request Header Fields Too Large",
        not [_, _, _] => "400 Bad Request",
        [_, _, not ("HTTP/1.0" or "HTTP/1.1")] => "505 HTTP Version Not Supported",
        [_, _, var version] when !isWellFormed || (version == "HTTP/1.1" && Field("Host").Length != 1) => "400 Bad Request",
        _ when hasBody => "413 Content Too Large",
        [not ("GET" or "HEAD"), ..] => "405 Method Not Allowed",
        [_, "/", _] => "200 OK",
        _ => "404 Not Found",
    };
    var keepAlive = status[..3] is "200" or "404" or "405" && request[2] == "HTTP/1.1"
        && !Field("Connection").Any(line => line.Contains("close", StringComparison.OrdinalIgnoreCase));
    var page = status == "200 OK"
        ? $"""
            <!doctype html><title>Sockeye</title><link rel="icon" href="data:,"><h1>One TCP connection, two ends</h1>
            <p>Your browser: <b>{connection.RemoteEndPoint}</b><p>This server: <b>{connection.LocalEndPoint}</b>

            """
        : $"{status}\n";
    output.Write(Encoding.ASCII.GetBytes(
        $"HTTP/1.1 {status}\r\nDate: {DateTimeOffset.UtcNow:R}\r\nContent-Type: text/html\r\n" +
        $"Content-Length: {page.Length}\r\n{(status[..3] == "405" ? "Allow: GET, HEAD\r\n" : "")}" +
        $"Connection: {(keepAlive ? "keep-alive" : "close")}\r\n\r\n{(request[0] == "HEAD" ? "" : page)}"));
    return keepAlive;
}
