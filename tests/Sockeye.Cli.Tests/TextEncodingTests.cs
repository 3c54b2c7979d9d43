using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>Text and paths with letters that not every code page has.</summary>
public sealed class TextEncodingTests
{
    private const string Text = "größe 2 ключ €";

    [Fact]
    public async Task Errors_are_utf8_and_name_the_path_as_it_was_given()
    {
        var path = Path.Combine(Text, "none.pem");

        foreach (var command in (string[][])
            [["listen", "127.0.0.1:0", "--cert", path], ["connect", "127.0.0.1:1", "--tls", "--ca", path]])
        {
            var result = await ToolProcess.RunAsync(command);

            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(path, result.Errors[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Output_of_a_command_is_utf8()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", $"echo {Text}");
        using var client = await Peer.ConnectAsync(server.EndPoint);

        Assert.Equal(Text, (await client.ReadToEndAsync()).TrimEnd());
    }

    [Fact]
    public async Task Capture_is_written_to_a_path_with_spaces_and_any_letter()
    {
        var folder = Directory.CreateTempSubdirectory(Text);
        try
        {
            var file = Path.Combine(folder.FullName, Text + ".pcapng");
            await using var server = await ToolProcess.ListenAsync("--echo");

            var result = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--capture", file], "hello"u8.ToArray());

            Assert.Equal("hello", result.Text);
            Assert.Contains("hello", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(
                file, TestContext.Current.CancellationToken)), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
