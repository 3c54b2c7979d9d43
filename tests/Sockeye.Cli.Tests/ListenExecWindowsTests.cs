using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>--exec</c> with cmd.exe, the shell of Windows.</summary>
public sealed class ListenExecWindowsTests
{
    public ListenExecWindowsTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "The commands are written for cmd.exe.");

    [Fact]
    public async Task Command_knows_the_addresses_and_its_output_goes_to_the_client()
    {
        await using var server = await ToolProcess.ListenAsync("--exec", "echo you are %SOCKEYE_REMOTE%");
        using var client = await Peer.ConnectAsync(server.EndPoint);

        var answer = await client.ReadToEndAsync();

        Assert.Equal($"you are {client.Socket.LocalEndPoint}", answer.TrimEnd());
    }

    [Fact]
    public async Task Paths_and_arguments_in_quotes_reach_the_command_with_spaces_and_any_letter()
    {
        var folder = Directory.CreateTempSubdirectory("sockeye größe 2 ");
        try
        {
            var script = Path.Combine(folder.FullName, "say.cmd");
            await File.WriteAllTextAsync(script, "@echo [%~1]\r\n", Encoding.ASCII, TestContext.Current.CancellationToken);
            await using var server = await ToolProcess.ListenAsync("--exec", $"\"{script}\" \"two words\"");
            using var client = await Peer.ConnectAsync(server.EndPoint);

            Assert.Equal("[two words]", (await client.ReadToEndAsync()).TrimEnd());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
