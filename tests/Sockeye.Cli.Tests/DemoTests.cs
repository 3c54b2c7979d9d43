using System.Text;
using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class DemoTests
{
    [Fact]
    public async Task Json_is_one_document_with_the_life_and_every_client()
    {
        var result = await ToolProcess.RunAsync(["demo", "--clients", "3", "--messages", "200", "--json"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Errors);
        using var document = JsonDocument.Parse(result.Output);
        var root = document.RootElement;
        Assert.True(root.GetProperty("ok").GetBoolean());
        Assert.Equal(600, root.GetProperty("totals").GetProperty("messages").GetInt32());
        Assert.Equal(0, root.GetProperty("totals").GetProperty("wrongEchoes").GetInt32());
        var clients = root.GetProperty("clients").EnumerateArray().ToList();
        Assert.Equal(3, clients.Select(c => c.GetProperty("local").GetString()).Distinct().Count());
        Assert.All(clients, c => Assert.Equal(c.GetProperty("local").GetString(), c.GetProperty("serverSees").GetString()));
        Assert.All(clients, c => Assert.Equal(200, c.GetProperty("messages").GetInt32()));
    }

    [Fact]
    public async Task Every_socket_function_has_its_scene_with_the_states_of_both_sides()
    {
        var result = await ToolProcess.RunAsync(["demo", "--messages", "1", "--json"]);
        using var document = JsonDocument.Parse(result.Output);
        var life = document.RootElement.GetProperty("life").EnumerateArray()
            .ToDictionary(s => s.GetProperty("function").GetString()!);

        Assert.Equal(
            ["socket()", "bind()", "listen()", "connect()", "send()", "accept()", "recv()", "waiting", "shutdown()", "close()",
                "abort", "1 : 1", "HTTP"],
            life.Keys);
        Assert.Equal("closesocket()", life["close()"].GetProperty("winsock").GetString());
        Assert.All(
            life.Where(scene => scene.Key.EndsWith("()", StringComparison.Ordinal)),
            scene => Assert.NotEmpty(scene.Value.GetProperty("winsock").GetString()!));
        Assert.True(life["connect()"].GetProperty("handshakeMilliseconds").GetDouble() > 0);
        Assert.InRange(life["waiting"].GetProperty("cpuPercent").GetDouble(), 0, 20);
        var connect = Step(life["connect()"], "client", "connect");
        var accept = Step(life["accept()"], "server", "accept");
        Assert.Equal(connect.GetProperty("local").GetString(), accept.GetProperty("remote").GetString());
        Assert.Equal(connect.GetProperty("remote").GetString(), accept.GetProperty("local").GetString());
        if (!OperatingSystem.IsLinux())
            return;
        Assert.Equal("LISTEN", Step(life["listen()"], "server", "listen").GetProperty("state").GetString());
        Assert.Equal(1, life["connect()"].GetProperty("acceptQueueDepth").GetInt32());
        Assert.Equal(0, life["accept()"].GetProperty("acceptQueueDepth").GetInt32());
        Assert.Equal("CLOSE-WAIT", Step(life["shutdown()"], "server", "recv").GetProperty("state").GetString());
        Assert.Equal("FIN", Step(life["shutdown()"], "client", "shutdown").GetProperty("onTheWire").GetString());
        Assert.Equal("RST", Step(life["abort"], "server", "recv").GetProperty("onTheWire").GetString());
    }

    [Fact]
    public async Task Piped_text_is_plain_ascii_and_fits_80_columns()
    {
        var result = await ToolProcess.RunAsync(["demo", "--messages", "10"]);

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain(result.Output, b => b is not ((byte)'\n' or (byte)'\r' or (>= 0x20 and < 0x7F)));
        var lines = Encoding.ASCII.GetString(result.Output).Split('\n');
        Assert.All(lines, line => Assert.InRange(line.TrimEnd('\r').Length, 0, 80));
        Assert.Contains("  Winsock: closesocket()", lines.Select(line => line.TrimEnd('\r')));
        Assert.Contains(lines, line => line.StartsWith(
            OperatingSystem.IsWindows() ? "  server accept   handle " : "  server accept   fd ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("40 echoes compared byte for byte", StringComparison.Ordinal));
    }

    private static JsonElement Step(JsonElement scene, string side, string function) =>
        scene.GetProperty("steps").EnumerateArray().First(
            s => s.GetProperty("side").GetString() == side && s.GetProperty("function").GetString() == function);
}
