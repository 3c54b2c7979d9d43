using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>--sh-exec</c> with the shell of the system: cmd.exe on Windows, sh elsewhere.</summary>
public sealed class ListenExecShellTests
{
    [Fact]
    public async Task Command_knows_the_addresses_and_its_output_goes_to_the_client()
    {
        var remote = OperatingSystem.IsWindows() ? "%SOCKEYE_REMOTE%" : "$SOCKEYE_REMOTE";
        await using var server = await ToolProcess.ListenAsync("--sh-exec", $"echo you are {remote}");
        using var client = await Peer.ConnectAsync(server.EndPoint);

        var answer = await client.ReadToEndAsync();

        Assert.Equal($"you are {client.Socket.LocalEndPoint}", answer.TrimEnd());
    }

    [Theory]
    [InlineData("--exec")]
    [InlineData("--sh-exec")]
    public async Task Paths_and_arguments_in_quotes_reach_the_command_with_spaces_and_any_letter(string option)
    {
        var folder = Directory.CreateTempSubdirectory("sockeye größe 2 ");
        try
        {
            var script = Path.Combine(folder.FullName, "say.cmd");
            await File.WriteAllTextAsync(
                script, OperatingSystem.IsWindows() ? "@echo [%~1]\r\n" : "#!/bin/sh\necho \"[$1]\"\n", Encoding.ASCII,
                TestContext.Current.CancellationToken);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            await using var server = await ToolProcess.ListenAsync(option, $"\"{script}\" \"two words\"");
            using var client = await Peer.ConnectAsync(server.EndPoint);

            Assert.Equal("[two words]", (await client.ReadToEndAsync()).TrimEnd());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
