using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The scene of a web server and a browser, on the listener of the demo.</summary>
internal static class DemoBrowser
{
    private const int MaxLineLength = 8192;
    private const string Page = "<h1>Hello from a TCP server</h1>";

    public static async Task<DemoScene> PlayAsync(SockeyeClient client, IConnectionListener listener)
    {
        var lines = Codec.Lines(MaxLineLength, Encoding.ASCII, LineEnding.CrLf);
        var browser = (await client.ConnectAsync(listener.EndPoint)).AsMessages(lines);
        var server = (await listener.AcceptAsync())!.AsMessages(lines);
        List<string> facts = [];
        await browser.WriteManyAsync(["GET / HTTP/1.1", $"Host: {listener.EndPoint}", ""]);
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
