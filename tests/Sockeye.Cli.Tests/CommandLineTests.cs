using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class CommandLineTests
{
    private const string Forms = "7000 (localhost), *:7000 (every address), 127.0.0.1:7000, [::1]:7000, host:7000 or unix:/path";

    [Fact]
    public async Task Unknown_option_is_named_as_one()
    {
        var result = await ToolProcess.RunAsync(["listen", "7000", "--ehco"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Equal("sockeye: --ehco is not an option of this command.", result.Errors[0]);
    }

    [Theory]
    [InlineData("abc", "\"abc\" is not a port")]
    [InlineData("70000", "a port is at most 65535")]
    [InlineData("host:", "the port is missing")]
    [InlineData("::1:7000", "an IPv6 address stands in brackets")]
    [InlineData("[::1:7000", "an IPv6 address stands in brackets")]
    [InlineData("no spaces:7000", "\"no spaces\" is neither a host name nor an address")]
    [InlineData("unix:", "the path is missing")]
    [InlineData("-1", "\"-1\" is not a port")]
    public async Task Bad_end_point_is_named_with_the_forms_that_are_accepted(string endPoint, string why)
    {
        string[][] uses = [["listen", "--", endPoint], ["connect", "--", endPoint], ["connect", "7000", "--local=" + endPoint]];
        foreach (var arguments in uses)
        {
            var result = await ToolProcess.RunAsync(arguments);

            Assert.Equal(2, result.ExitCode);
            Assert.Equal($"sockeye: \"{endPoint}\" is not an end point: {why}. Write it as {Forms}.", result.Errors[0]);
            Assert.Empty(result.Output);
        }
    }

    [Theory]
    [InlineData("listen", "Required argument missing")]
    [InlineData("listen 7000 --echo --chat", "--echo and --chat exclude each other")]
    [InlineData("listen 7000 --idle-timeout soon", "\"soon\" is not a time from 1ms to 24h")]
    [InlineData("listen 7000 --backlog 0", "--backlog: \"0\" is not a whole number from 1")]
    [InlineData("listen 7000 --engine iouring", "\"iouring\" is not an engine. Write auto, io_uring, epoll or sockets.")]
    [InlineData("connect 7000 --engine fast", "\"fast\" is not an engine")]
    [InlineData("doctor now", "now")]
    [InlineData("listen 7000 7000", "localhost:7000 and localhost:7000 are the same port")]
    [InlineData("connect *:7000", "*:7000 means every address of this machine, which only listen can use")]
    [InlineData("connect 0", "localhost:0 has port 0, which only listen can use")]
    [InlineData("connect 7000 -n none", "-n: \"none\" is not a whole number from 1 to 65535")]
    [InlineData("connect 7000 --local unix:/x", "the connecting end of a Unix socket has no address to choose")]
    [InlineData("connect unix:/x --local 7000", "--local localhost:7000 has no meaning with unix:/x")]
    [InlineData("demo --clients 0", "--clients: \"0\" is not a whole number from 1")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("", "Required command was not provided")]
    public async Task Wrong_use_exits_2_with_a_sentence(string arguments, string sentence)
    {
        var result = await ToolProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(sentence, StringComparison.Ordinal));
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("--help", "sockeye listen 7000 --echo")]
    [InlineData("listen --help", "--idle-timeout <time>")]
    [InlineData("connect --help", "echo hello | sockeye connect 7000")]
    [InlineData("demo --help", "sockeye demo --json")]
    [InlineData("doctor --help", "sockeye doctor --json")]
    public async Task Help_shows_options_and_examples(string arguments, string text)
    {
        var result = await ToolProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(text, result.Text, StringComparison.Ordinal);
        Assert.Contains("Examples:", result.Text, StringComparison.Ordinal);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task Version_is_a_number()
    {
        var result = await ToolProcess.RunAsync(["--version"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", result.Text);
    }
}
