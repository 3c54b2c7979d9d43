using System.Net;
using System.Text;

namespace Sockeye.Cli;

/// <summary>The scene of a web server and a browser, on the server of the demo.</summary>
internal static class DemoBrowser
{
    private const int MaxLineLength = 8192;
    private const string Page = "<h1>Hello from a TCP server</h1>";

    public static async Task<DemoScene> PlayAsync(SockeyeClient client, EndPoint endpoint, DemoAcceptor acceptor)
    {
        var lines = Codec.Lines(MaxLineLength, Encoding.ASCII, LineEnding.CrLf);
        var near = await client.ConnectAsync(endpoint);
        var browser = near.AsMessages(lines);
        var server = (await acceptor.AcceptAsync(near)).AsMessages(lines);
        List<string> facts = [];
        await browser.WriteManyAsync(["GET / HTTP/1.1", $"Host: {endpoint}", ""]);
        await foreach (var line in server.ReadAllAsync())
        {
            if (line.Length == 0)
                break;
            facts.Add($"browser -> server  {line}");
        }

        await server.WriteManyAsync(
            ["HTTP/1.1 200 OK", "Content-Type: text/html", $"Content-Length: {Page.Length + 2}", "Connection: close", "", Page]);
        var closing = server.DisposeAsync().AsTask();
        await foreach (var line in browser.ReadAllAsync())
            facts.Add($"server -> browser  {line}".TrimEnd());
        await Task.WhenAll(closing, browser.DisposeAsync().AsTask());
        return new("HTTP", "a web server and a browser are a TCP server and a TCP client", [], facts);
    }
}
