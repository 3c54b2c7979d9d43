using System.Net.WebSockets;
using System.Text;
using Sockeye.Browser.Tests.Support;

namespace Sockeye.Browser.Tests;

/// <summary>
/// What stays open (WebSockets, server-sent events) by every protocol, since a browser takes HTTP/2 wherever there is TLS and
/// HTTP/1.1 wherever there is none.
/// </summary>
public sealed class StreamTests(TestPrograms programs)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData<EachProtocol>]
    public async Task WebSocket_carries_messages_both_ways_and_closes_in_order(string engine, string protocol, bool tls)
    {
        var address = (await programs.Sites.GetAsync(engine)).Of(protocol, tls);
        using var handler = Site.NewHandler();
        using var http = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = EachProtocol.VersionOf(protocol);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.SetRequestHeader("Origin", address.GetLeftPart(UriPartial.Authority));

        await socket.ConnectAsync(new UriBuilder(address) { Scheme = tls ? "wss" : "ws", Path = "/chat" }.Uri, http, Cancelled);

        var hello = await ReceiveAsync(socket);
        Assert.Contains($"\"{protocol}", hello, StringComparison.Ordinal);
        Assert.Equal(tls, hello.Contains(" TLS\"", StringComparison.Ordinal));
        var said = $"by {protocol}, {engine}, {tls}";
        await socket.SendAsync(Encoding.UTF8.GetBytes(said), WebSocketMessageType.Text, endOfMessage: true, Cancelled);
        while (!(await ReceiveAsync(socket)).Contains(said, StringComparison.Ordinal))
        {
            // Browsers of other tests may be in the same room.
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Theory, ClassData<EachProtocol>]
    public async Task Events_come_one_after_the_other_while_the_response_goes_on(string engine, string protocol, bool tls)
    {
        var address = (await programs.Sites.GetAsync(engine)).Of(protocol, tls);
        using var http = new HttpClient(Site.NewHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/events"))
        {
            Version = EachProtocol.VersionOf(protocol),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancelled));

        var events = new List<string>();
        while (events.Count < 3)
        {
            var line = await lines.ReadLineAsync(Cancelled) ?? throw new EndOfStreamException("The events ended.");
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                events.Add(line);
        }

        Assert.Equal(["event: hello", "event: state", "event: state"], events);
        Assert.Equal(request.Version, response.Version);
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var read = await socket.ReceiveAsync(buffer, Cancelled);
        Assert.True(read.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, read.Count);
    }
}
