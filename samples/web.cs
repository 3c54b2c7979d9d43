#:sdk Microsoft.NET.Sdk.Web
#:project ../src/Sockeye.Kestrel/Sockeye.Kestrel.csproj
#:project ../src/Sockeye.Linux/Sockeye.Linux.csproj
// Kestrel on Sockeye's transport. Its page uses everything that browsers do over TCP: static files, forms, long uploads and
// downloads, a WebSocket and server-sent events, over HTTP/1.1, HTTP/2 and TLS.
//
//   dotnet run samples/web.cs -- --http 8080 --h2c 8081 --https 8443 --max-size 1073741824
//
// Then open http://127.0.0.1:8080, or https://127.0.0.1:8443 (the certificate is made at start, so the browser will warn).
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sockeye;
using Sockeye.Linux;

var builder = WebApplication.CreateSlimBuilder(args);
var maxSize = long.Parse(builder.Configuration["max-size"] ?? "1073741824");
var open = new ConcurrentDictionary<string, Link>();

builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.AddSockeyeTransport();
builder.Services.AddSingleton<Chat>();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = maxSize;
    Listen("http", 8080, HttpProtocols.Http1);
    Listen("h2c", 8081, HttpProtocols.Http2); // Without TLS there is no ALPN, so each protocol has its own port.
    Listen("https", 8443, HttpProtocols.Http1AndHttp2, NewCertificate());

    void Listen(string name, int port, HttpProtocols protocols, X509Certificate2? certificate = null) =>
        kestrel.Listen(IPAddress.Loopback, int.Parse(builder.Configuration[name] ?? $"{port}"), listen =>
        {
            listen.Protocols = protocols;
            // Before TLS: this middleware counts the bytes on the wire and sees how the connection ended.
            listen.Use(next => async connection =>
            {
                var link = open[connection.ConnectionId] = new(connection);
                connection.Features.Set(link); // Also available from HttpContext.Features.
                try
                {
                    await next(connection);
                }
                finally
                {
                    open.TryRemove(connection.ConnectionId, out _);
                }
            });
            if (certificate is not null)
                listen.UseHttps(certificate);
        });
});

var app = builder.Build();
var stopping = app.Lifetime.ApplicationStopping;
app.UseWebSockets(new() { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(15) });
app.Use(async (context, next) =>
{
    Interlocked.Increment(ref Link.Requests);
    context.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
    context.Response.Headers.XContentTypeOptions = "nosniff";
    try
    {
        await next(context);
    }
    catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (!context.Response.HasStarted)
    {
        context.Response.StatusCode = e.StatusCode; // A mistake of the client (a body too long or cut short) is not logged.
    }
});

app.MapGet("/", context => Send(context, "text/html", Page.Html(Addresses.Of(context), maxSize)));
app.MapGet("/site.css", context => Send(context, "text/css", Page.Css));
app.MapGet("/site.js", context => Send(context, "text/javascript", Page.Script));
app.MapGet("/salmon.svg", context => Send(context, "image/svg+xml", Page.Salmon));

// Returns what the server knows about the connections from the browser's machine.
app.MapGet("/connections", context => Send(context, "application/json", JsonSerializer.Serialize(
    open.Values.Where(link => link.IsFrom(context.Connection.RemoteIpAddress)).OrderBy(link => link.Number)
        .Select(link => link.Report()).ToArray(), Json.Default.ReportArray)));

// Accepts a form in either encoding and returns what arrived. Nothing is stored.
app.MapPost("/form", async context =>
{
    if (!context.Request.HasFormContentType)
    {
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return;
    }

    var form = await context.Request.ReadFormAsync(new() { MultipartBodyLengthLimit = 10_000_000 }, context.RequestAborted);
    var lines = form.Select(field => $"{field.Key} = {field.Value}")
        .Concat(form.Files.Select(file => $"{file.Name} = {file.FileName}, {file.Length} bytes"));
    await Send(context, "text/plain", $"{context.Request.ContentType!.Split(';')[0]}\n{string.Join('\n', lines)}\n");
});

// Accepts a body up to the limit, in the memory of one block.
app.MapMethods("/upload", ["POST", "PUT"], async context =>
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    long length = 0;
    while (true)
    {
        var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
        foreach (var block in read.Buffer)
            hash.AppendData(block.Span);
        length += read.Buffer.Length;
        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted)
            break;
    }

    await Send(context, "application/json", JsonSerializer.Serialize(
        new Upload(length, Convert.ToHexStringLower(hash.GetHashAndReset())), Json.Default.Upload));
});

app.MapGet("/download", async context =>
{
    if (!long.TryParse(context.Request.Query["bytes"], out var length) || length < 0 || length > maxSize)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsync($"?bytes= must be from 0 to {maxSize}.");
        return;
    }

    context.Response.ContentType = "application/octet-stream";
    context.Response.ContentLength = length;
    context.Response.Headers.ContentDisposition = $"attachment; filename=salmon-{length}.bin";
    var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    for (long sent = 0; sent < length;)
    {
        var size = (int)Math.Min(64 * 1024, length - sent);
        for (var i = 0; i + 8 <= size; i += 8)
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(i), sent + i); // Every eight bytes contain their own offset.
        await context.Response.Body.WriteAsync(buffer.AsMemory(0, size), context.RequestAborted); // Waits for a slow client.
        sent += size;
    }

    ArrayPool<byte>.Shared.Return(buffer);
});

app.Map("/chat", async (HttpContext context, Chat chat) =>
{
    // A page of another site could open a WebSocket here too: browsers send the origin and let the server decide.
    if (!context.WebSockets.IsWebSocketRequest
        || !Uri.TryCreate(context.Request.Headers.Origin, UriKind.Absolute, out var origin)
        || origin.Authority != context.Request.Host.Value)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return;
    }

    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    using var ends = CancellationTokenSource.CreateLinkedTokenSource(stopping, context.RequestAborted);
    await chat.RunAsync(socket, Addresses.Of(context), ends.Token);
});

app.MapGet("/events", (HttpContext context) =>
{
    return TypedResults.ServerSentEvents(TellAsync(context.RequestAborted));

    async IAsyncEnumerable<SseItem<string>> TellAsync([EnumeratorCancellation] CancellationToken aborted)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborted);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        yield return new(JsonSerializer.Serialize(Addresses.Of(context), Json.Default.Addresses), "hello");
        do
        {
            var state = new State(
                open.Count, Volatile.Read(ref Link.Requests), open.Values.Sum(link => link.Received + link.Sent));
            yield return new(JsonSerializer.Serialize(state, Json.Default.State), "state");
        }
        while (await NextAsync(timer, ends.Token));
    }

    static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ends)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ends);
        }
        catch (OperationCanceledException)
        {
            return false; // The browser left or the server is stopping: end the stream in order.
        }
    }
});

app.Run();

static Task Send(HttpContext context, string type, string text)
{
    context.Response.ContentType = $"{type}; charset=utf-8";
    return context.Response.WriteAsync(text, context.RequestAborted);
}

// For experiments on your own machine: no other machine trusts this certificate, and it lives as long as the process.
static X509Certificate2 NewCertificate()
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
    var names = new SubjectAlternativeNameBuilder();
    names.AddDnsName("localhost");
    names.AddIpAddress(IPAddress.Loopback);
    request.CertificateExtensions.Add(names.Build());
    using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(7));
    return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null); // Windows needs it with a stored key.
}

/// <summary>Both ends of the connection of a request, as the server sees them.</summary>
sealed record Addresses(string Id, string Protocol, string Client, string Server)
{
    public static Addresses Of(HttpContext context)
    {
        var (connection, tls) = (context.Connection, context.Request.IsHttps ? " + TLS" : "");
        return new(
            connection.Id, context.Request.Protocol + tls, $"{connection.RemoteIpAddress}:{connection.RemotePort}",
            $"{connection.LocalIpAddress}:{connection.LocalPort}");
    }
}

/// <summary>An open connection.</summary>
sealed class Link(ConnectionContext connection)
{
    public static long Requests;
    private static long _last;
    private readonly DateTimeOffset _since = DateTimeOffset.UtcNow;

    public long Number { get; } = Interlocked.Increment(ref _last);

    public long Received => connection.BytesReceived ?? 0;

    public long Sent => connection.BytesSent ?? 0;

    public bool IsFrom(IPAddress? address) => (connection.RemoteEndPoint as IPEndPoint)?.Address.Equals(address) == true;

    public Report Report() => new(
        connection.ConnectionId, $"{connection.RemoteEndPoint}", $"{connection.LocalEndPoint}", Received, Sent,
        (long)(DateTimeOffset.UtcNow - _since).TotalSeconds);
}

/// <summary>Sends each message to all members. A member that does not keep up is disconnected.</summary>
sealed class Chat
{
    private const int MaxMessage = 4096;
    private const int MaxWaiting = 64;
    private readonly ConcurrentDictionary<Channel<Said>, WebSocket> _members = new();

    public async Task RunAsync(WebSocket socket, Addresses addresses, CancellationToken ends)
    {
        var queue = Channel.CreateBounded<Said>(MaxWaiting);
        queue.Writer.TryWrite(new("hello", addresses.Client, "", addresses));
        _members[queue] = socket;
        var sending = SendAsync(socket, queue.Reader, ends);
        try
        {
            var buffer = new byte[MaxMessage];
            while (await ReceiveAsync(socket, buffer, ends) is { } text)
            {
                foreach (var (other, itsSocket) in _members)
                {
                    if (!other.Writer.TryWrite(new("said", addresses.Client, text)))
                        itsSocket.Abort();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The browser left without closing the WebSocket, or the server is stopping.
        }
        finally
        {
            _members.TryRemove(queue, out _);
            queue.Writer.TryComplete();
            await sending;
        }
    }

    /// <summary>Returns null when the member leaves or sends a message that is not allowed.</summary>
    private static async Task<string?> ReceiveAsync(WebSocket socket, byte[] buffer, CancellationToken ends)
    {
        for (var length = 0; length < MaxMessage;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), ends);
            if (read.MessageType is not WebSocketMessageType.Text)
                return null;
            length += read.Count;
            if (read.EndOfMessage)
                return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
        }

        return null;
    }

    private static async Task SendAsync(WebSocket socket, ChannelReader<Said> queue, CancellationToken ends)
    {
        try
        {
            await foreach (var said in queue.ReadAllAsync(ends))
                await socket.SendAsync(
                    JsonSerializer.SerializeToUtf8Bytes(said, Json.Default.Said), WebSocketMessageType.Text, true, ends);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // See above. If the browser still listens, the close below informs it.
        }

        await CloseAsync(
            socket, ends.IsCancellationRequested ? WebSocketCloseStatus.EndpointUnavailable : WebSocketCloseStatus.NormalClosure);
    }

    private static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(status, null, CancellationToken.None);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The browser left meanwhile.
        }
    }
}

sealed record Report(string Id, string Client, string Server, long Received, long Sent, long Seconds);

sealed record Said(string Kind, string From, string Text, Addresses? Addresses = null);

sealed record State(int Open, long Requests, long Bytes);

sealed record Upload(long Bytes, string Sha256);

[JsonSerializable(typeof(Addresses)), JsonSerializable(typeof(Report[])), JsonSerializable(typeof(Said))]
[JsonSerializable(typeof(State)), JsonSerializable(typeof(Upload))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
sealed partial class Json : JsonSerializerContext;

/// <summary>The page and its files.</summary>
static class Page
{
    public static string Html(Addresses own, long maxSize) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <title>Kestrel on Sockeye</title>
          <link rel="icon" href="/salmon.svg">
          <link rel="stylesheet" href="/site.css">
          <script src="/site.js" defer></script>
        </head>
        <body>
          <header>
            <img src="/salmon.svg" alt="" width="72" height="72">
            <div>
              <h1>Kestrel on Sockeye</h1>
              <p>{{own.Protocol}} by {{Engine}}</p>
            </div>
          </header>
          <main>
            <section class="wide ends" aria-label="The two ends of this page's connection">
              <div><small>Your browser</small><b id="client">{{own.Client}}</b></div>
              <svg viewBox="0 0 120 24" aria-hidden="true"><path d="M2 12q14-16 29 0t29 0 29 0 29 0"/></svg>
              <div><small>This server</small><b id="server">{{own.Server}}</b></div>
            </section>

            <section class="wide">
              <h2>Connections of this page</h2>
              <table id="own">
                <thead><tr><th>Used for<th>Protocol<th>Your side<th>Server’s side<th>Id</thead>
                <tbody>
                  <tr data-use="page"><td>Page<td>{{own.Protocol}}<td>{{own.Client}}<td>{{own.Server}}<td>{{own.Id}}
                  <tr data-use="websocket"><td>WebSocket<td>…<td>…<td>…<td>…
                  <tr data-use="events"><td>Events<td>…<td>…<td>…<td>…
                </tbody>
              </table>
              <p class="note">As the server sees them. HTTP/2 carries them all on one connection.</p>
            </section>

            <section>
              <h2>Form</h2>
              <form id="form" action="/form" method="post">
                <label>Name <input name="name" value="Oncorhynchus nerka" maxlength="100"></label>
                <label>Words <textarea name="words" rows="2" maxlength="1000">up the river & back = home</textarea></label>
                <label>File <input type="file" name="file"></label>
                <p class="buttons">
                  <button formenctype="application/x-www-form-urlencoded" id="urlencoded">Send urlencoded</button>
                  <button formenctype="multipart/form-data" id="multipart">Send multipart</button>
                </p>
              </form>
              <output id="answer"></output>
            </section>

            <section class="tall">
              <h2>Chat <small>WebSocket</small></h2>
              <div id="chat" role="log" tabindex="0"></div>
              <form id="say"><input name="text" placeholder="Say something" maxlength="500" autocomplete="off" required
                aria-label="Message"><button>Say</button></form>
            </section>

            <section>
              <h2>Upload <small>up to {{maxSize / (1 << 20):N0}} MiB</small></h2>
              <input type="file" id="upload-file" aria-label="File to upload">
              <p class="buttons"><button id="upload">Upload</button></p>
              <progress id="progress" max="1" value="0" aria-label="Progress of the upload"></progress>
              <output id="uploaded"></output>
            </section>

            <section>
              <h2>Download</h2>
              <p>Generated while it is sent. Every eight bytes contain their own offset.</p>
              <p class="buttons">
                <a class="button" href="/download?bytes=1000000" download id="download">1 MB</a>
                <a class="button" href="/download?bytes={{Math.Min(100_000_000, maxSize)}}" download>100 MB</a>
                <a class="button" href="/download?bytes={{maxSize}}" download>{{maxSize / (1 << 20):N0}} MiB</a>
              </p>
            </section>

            <section class="wide">
              <h2>The server <small>server-sent events</small></h2>
              <dl>
                <div><dt>open connections<dd id="open">–</div>
                <div><dt>requests<dd id="requests">–</div>
                <div><dt>bytes each second<dd id="rate">–</div>
              </dl>
              <svg id="chart" viewBox="0 0 60 12" preserveAspectRatio="none" aria-hidden="true"><polyline/></svg>
              <table id="all">
                <thead><tr><th>Id<th>Your side<th>Server’s side<th>Received<th>Sent<th>Age</thead>
                <tbody></tbody>
              </table>
            </section>
          </main>
        </body>
        </html>

        """;

    public const string Css = """
        :root {
          color-scheme: light dark;
          --back: light-dark(#f6f3ef, #12171b); --card: light-dark(#fff, #1b2228); --line: light-dark(#e4ddd4, #2e3840);
          --text: light-dark(#20262b, #e8e4de); --soft: light-dark(#636b72, #98a2aa);
          --fish: light-dark(#c8402a, #ff7a5c); --on-fish: light-dark(#fff, #23100b);
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        header, main { max-width: 68rem; margin: auto; padding: 1.25rem; }
        header { display: flex; gap: 1rem; align-items: center; padding-bottom: 0; }
        h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; } header p { margin: 0; color: var(--soft); }
        h2 { margin: 0 0 .75rem; font-size: 1.05rem; } h2 small { color: var(--soft); font-weight: 400; margin-left: .25rem; }
        main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem; }
        section > p { margin: .5rem 0; } .wide { grid-column: 1 / -1; } .note { color: var(--soft); font-size: .9rem; }
        .ends { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
        .ends div:last-child { text-align: right; } .ends small { display: block; color: var(--soft); }
        .ends b { font: 600 1.3rem/1.3 ui-monospace, monospace; color: var(--fish); }
        .ends svg { flex: 0 1 11rem; fill: none; stroke: var(--fish); stroke-width: 2; stroke-linecap: round; opacity: .6; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-size: .8rem; font-weight: 500; color: var(--soft); padding: 0 .75rem .3rem 0; }
        td { border-top: 1px solid var(--line); padding: .4rem .75rem .4rem 0; overflow-wrap: anywhere; }
        td:nth-child(n+3), #all td { font: .88rem/1.4 ui-monospace, monospace; }
        label { display: block; margin-bottom: .6rem; color: var(--soft); font-size: .9rem; }
        input:not([type=file]), textarea { width: 100%; padding: .5rem .65rem; font: inherit; color: var(--text);
          background: var(--back); border: 1px solid var(--line); border-radius: .45rem; }
        input[type=file] { display: block; max-width: 100%; font: inherit; font-size: .9rem; color: var(--soft); }
        button, .button { padding: .5rem .9rem; font: 500 .95rem/1.3 system-ui, sans-serif; border: 0; border-radius: .45rem;
          background: var(--fish); color: var(--on-fish); cursor: pointer; text-decoration: none; display: inline-block; }
        button:hover, .button:hover { filter: brightness(1.08); }
        :focus-visible { outline: 2px solid var(--fish); outline-offset: 2px; }
        .buttons { display: flex; flex-wrap: wrap; gap: .5rem; }
        output { display: block; white-space: pre-wrap; overflow-wrap: anywhere; font: .88rem/1.5 ui-monospace, monospace; }
        progress { width: 100%; height: .5rem; accent-color: var(--fish); }
        .tall { display: flex; flex-direction: column; }
        #chat { flex: 1 1 8rem; height: 8rem; overflow-y: auto; margin-bottom: .6rem; }
        #chat p { margin: 0 0 .3rem; overflow-wrap: anywhere; }
        #chat b { font: .8rem ui-monospace, monospace; color: var(--fish); margin-right: .4rem; }
        #say { display: flex; gap: .5rem; }
        dl { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 0; } dt { color: var(--soft); font-size: .85rem; }
        dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
        #chart { width: 100%; height: 3.5rem; margin: .5rem 0 1rem; }
        #chart polyline { fill: none; stroke: var(--fish); stroke-width: 2; vector-effect: non-scaling-stroke; }
        @media (max-width: 44rem) {
          main { grid-template-columns: minmax(0, 1fr); } header img { width: 52px; height: 52px; }
          .ends { flex-direction: column; align-items: stretch; gap: .4rem; } .ends svg { display: none; }
          .ends div:last-child { text-align: left; }
          thead { display: none; } tr { display: block; border-top: 1px solid var(--line); padding: .4rem 0; }
          td, td:nth-child(n+3) { display: inline-block; border: 0; padding: 0 .6rem 0 0; }
          #own td:nth-child(3)::after, #all td:nth-child(2)::after { content: " →"; color: var(--soft); }
        }

        """;

    public const string Script = """
        'use strict';
        const at = id => document.getElementById(id);

        // Makes a table row. The cells contain plain text only.
        const row = (...cells) => {
          const tr = document.createElement('tr');
          for (const cell of cells) tr.insertCell().textContent = cell;
          return tr;
        };

        // One of the page's own connections: the server returns its addresses.
        const show = (use, name, { protocol, client, server, id }) => {
          const tr = row(name, protocol, client, server, id);
          tr.dataset.use = use;
          at('own').querySelector(`[data-use=${use}]`).replaceWith(tr);
        };

        // Forms: the button selects the encoding.
        at('form').addEventListener('submit', async event => {
          event.preventDefault();
          const fields = new FormData(event.target);
          const multipart = event.submitter.formEnctype === 'multipart/form-data';
          if (!multipart) fields.delete('file');
          const answer = await fetch('/form', { method: 'POST', body: multipart ? fields : new URLSearchParams(fields) });
          at('answer').textContent = answer.ok ? await answer.text() : `Error ${answer.status}`;
        });

        // Upload: the browser streams the file from the disk.
        at('upload').addEventListener('click', () => {
          const file = at('upload-file').files[0];
          if (!file) return at('uploaded').textContent = 'Choose a file first.';
          const request = new XMLHttpRequest(), begun = performance.now();
          request.upload.onprogress = e => at('progress').value = e.loaded / e.total;
          request.onerror = () => at('uploaded').textContent = 'The upload failed.';
          request.onload = () => {
            if (request.status !== 200) return at('uploaded').textContent = `Error ${request.status}`;
            const { bytes, sha256 } = JSON.parse(request.responseText), seconds = (performance.now() - begun) / 1000;
            at('uploaded').textContent = `${bytes} bytes in ${seconds.toFixed(2)} s\nSHA-256 ${sha256}`;
          };
          at('uploaded').textContent = '';
          request.open('PUT', '/upload');
          request.send(file);
        });

        // Chat: a WebSocket, reopened when the server is back.
        let socket;
        const connect = () => {
          socket = new WebSocket(location.origin.replace('http', 'ws') + '/chat');
          socket.onmessage = event => {
            const { kind, from, text, addresses } = JSON.parse(event.data);
            if (kind === 'hello') return show('websocket', 'WebSocket', addresses);
            const line = document.createElement('p'), who = document.createElement('b');
            who.textContent = from;
            line.append(who, text);
            at('chat').append(line);
            while (at('chat').childElementCount > 200) at('chat').firstChild.remove();
            at('chat').scrollTop = at('chat').scrollHeight;
          };
          socket.onclose = () => setTimeout(connect, 2000);
        };
        connect();
        at('say').addEventListener('submit', event => {
          event.preventDefault();
          if (socket.readyState !== WebSocket.OPEN) return;
          socket.send(event.target.text.value);
          event.target.reset();
        });

        // Server-sent events: the browser reconnects automatically.
        const size = bytes => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB`
          : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
        const rates = Array(61).fill(0);
        let last;
        const events = new EventSource('/events');
        events.addEventListener('hello', event => show('events', 'Events', JSON.parse(event.data)));
        events.addEventListener('state', async event => {
          const state = JSON.parse(event.data);
          // The sum covers open connections: it falls when one closes.
          const rate = last === undefined ? 0 : Math.max(0, state.bytes - last);
          last = state.bytes;
          rates.push(rate);
          rates.shift();
          const top = Math.max(...rates, 1);
          const points = rates.map((r, i) => `${i},${(11.5 - 11 * r / top).toFixed(2)}`);
          at('chart').firstChild.setAttribute('points', points.join(' '));
          at('open').textContent = state.open;
          at('requests').textContent = state.requests;
          at('rate').textContent = size(rate);
          const all = await (await fetch('/connections')).json();
          at('all').tBodies[0].replaceChildren(...all.map(c =>
            row(c.id, c.client, c.server, size(c.received), size(c.sent), `${c.seconds} s`)));
        });

        """;

    public const string Salmon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
          <path d="M4 34c8-15 26-18 40-8l14-9c-3 6-3 17 2 26l-16-6C30 47 12 46 4 34z" fill="#d9472f"/>
          <path d="M4 34c2-4 5-7 8-9 4 5 4 13 1 18-4-2-7-5-9-9z" fill="#5d7a4a"/>
          <path d="M24 19c3-5 9-6 13-5l-2 8c-4-2-7-3-11-3zM26 43c2 4 6 6 10 6l-1-8c-3 1-6 2-9 2z" fill="#a92f1c"/>
          <circle cx="9.5" cy="32" r="1.6" fill="#fff"/>
        </svg>

        """;

    private static string Engine => LinuxTransport.Shared.Engine switch
    {
        LinuxEngine.IoUring => "io_uring",
        LinuxEngine.Epoll => "epoll",
        _ => "sockets",
    };
}
