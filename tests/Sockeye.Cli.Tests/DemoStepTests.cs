using System.Text;
using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye demo --step</c>: it waits at each step, and the commands that it prints show what it says.</summary>
public sealed partial class DemoStepTests
{
    private const string Prompt = "[Enter: next step, q: end]";

    private static readonly string[] Scenes =
    [
        "socket()", "bind()", "listen()", "connect()", "send()", "accept()", "recv()", "waiting", "shutdown()", "close()",
        "abort", "1 : 1", "HTTP",
    ];

    [Fact]
    public async Task Each_step_waits_for_a_line_and_the_last_ones_are_the_many_clients()
    {
        var lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("\n", Scenes.Length)));
        var result = await ToolProcess.RunAsync(["demo", "--step", "--messages", "10"], lines);

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Errors);
        Assert.Equal(Scenes.Length, result.Text.Split(Prompt).Length - 1);
        Assert.Contains("40 echoes compared byte for byte", result.Text, StringComparison.Ordinal);
        Assert.All(result.Text.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, 80));
        Assert.DoesNotContain(result.Output, b => b is not ((byte)'\n' or (byte)'\r' or (>= 0x20 and < 0x7F)));
    }

    [Theory]
    [InlineData("\nq\n", 2)]
    [InlineData("\n\nQ \n", 3)]
    [InlineData("\n", 2)]
    [InlineData("", 1)]
    public async Task Letter_q_and_the_end_of_the_input_end_the_demo(string input, int steps)
    {
        var result = await ToolProcess.RunAsync(["demo", "--step"], Encoding.ASCII.GetBytes(input));

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Errors);
        Assert.Equal(steps, result.Text.Split(Prompt).Length - 1);
        Assert.DoesNotContain("Many clients at once", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signal_ends_the_demo_while_it_waits()
    {
        Programs.SkipUnlessLinux("the exit code of a signal");
        await using var demo = ToolProcess.Start("demo", "--step");
        await new Reader(demo).ReadToPromptAsync();
        await demo.SignalAsync("INT");
        Assert.Equal(130, await demo.ExitAsync());
    }

    [Fact]
    public async Task Key_continues_in_a_terminal_without_a_line()
    {
        Programs.SkipUnlessThere("script");
        Programs.SkipUnlessLinux("this script(1)");
        var command = string.Join(' ', ToolProcess.Command.Append("demo --step"));
        var result = await Programs.ResultAsync(
            "script", ["--quiet", "--return", "--command", command, "/dev/null"], "\rq"u8.ToArray());

        Assert.True(result.ExitCode == 0, result.Text);
        Assert.Equal(2, result.Text.Split(Prompt).Length - 1);
    }

    [Fact]
    public async Task Printed_commands_show_what_they_say()
    {
        Programs.SkipUnlessThere("ss");
        Programs.SkipUnlessLinux("ss");
        await using var demo = ToolProcess.Start("demo", "--step", "--messages", "10");
        var reader = new Reader(demo);
        Dictionary<string, string[]> shown = [];
        foreach (var scene in Scenes)
        {
            var text = await reader.ReadToPromptAsync();
            Assert.Contains($"{scene} ", text, StringComparison.Ordinal);
            var commands = Command().Matches(text).Select(match => match.Groups[1].Value.Trim()).ToList();
            Assert.All(commands.Where(command => command.StartsWith("sockeye", StringComparison.Ordinal)), command =>
                Assert.StartsWith("sockeye connect ", command, StringComparison.Ordinal));
            List<string> outputs = [];
            foreach (var command in commands.Where(command => !command.StartsWith("sockeye", StringComparison.Ordinal)))
                outputs.Add(Encoding.UTF8.GetString(await Programs.RunAsync("bash", ["-c", command], [])));
            shown[scene] = [.. outputs];
            if (scene == "waiting")
                await VisitAsync(commands.Single(command => command.StartsWith("sockeye connect", StringComparison.Ordinal)));
            demo.Input.Write("\n"u8);
            demo.Input.Flush();
        }

        Assert.Contains("socket:[", shown["socket()"][0], StringComparison.Ordinal);
        Assert.Matches(@"LISTEN\s+0\s+\d+\s+127\.0\.0\.1:\d+", shown["listen()"][0]);
        Assert.Equal(2, shown["connect()"][0].Split("ESTAB").Length - 1);
        Assert.Matches(@"LISTEN\s+1\s", shown["connect()"][1]);
        Assert.Matches(@"ESTAB\s+13\s", shown["send()"][0]);
        Assert.Matches(@"LISTEN\s+0\s", shown["accept()"][1]);
        Assert.DoesNotMatch(@"ESTAB\s+[1-9]", shown["recv()"][0]);
        Assert.Contains(" demo --step", shown["waiting"][0], StringComparison.Ordinal);
        Assert.Contains("FIN-WAIT-2", shown["shutdown()"][0], StringComparison.Ordinal);
        Assert.Contains("CLOSE-WAIT", shown["shutdown()"][0], StringComparison.Ordinal);
        Assert.Contains("timer:(timewait,", shown["close()"][0], StringComparison.Ordinal);
        Assert.DoesNotContain("ESTAB", shown["abort"][0], StringComparison.Ordinal);
        Assert.Equal(0, await demo.ExitAsync());
        Assert.Contains("0 wrong", await reader.ReadRestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_and_steps_exclude_each_other()
    {
        var result = await ToolProcess.RunAsync(["demo", "--step", "--json"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("sockeye: --step waits for a reader", result.Errors[0], StringComparison.Ordinal);
    }

    /// <summary>Another client is served while the demo waits, and does not disturb it.</summary>
    private static async Task VisitAsync(string command)
    {
        var result = await ToolProcess.RunAsync(command.Split(' ')[1..], "from a visitor"u8.ToArray());
        Assert.Equal("from a visitor", result.Text);
        Assert.Equal(0, result.ExitCode);
    }

    [GeneratedRegex(@"^try  (.*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    /// <summary>Reads the output of the demo up to each prompt.</summary>
    private sealed class Reader(ToolProcess demo)
    {
        private string _rest = "";

        public async Task<string> ReadToPromptAsync()
        {
            var buffer = new byte[4096];
            while (true)
            {
                if (_rest.IndexOf(Prompt, StringComparison.Ordinal) is >= 0 and var end)
                {
                    var text = _rest[..end];
                    _rest = _rest[(end + Prompt.Length)..];
                    return text.ReplaceLineEndings("\n");
                }

                var count = await demo.Output.ReadAsync(buffer).AsTask().WaitAsync(ToolProcess.DefaultTimeout);
                Assert.True(count > 0, $"The demo ended: {_rest}");
                _rest += Encoding.ASCII.GetString(buffer, 0, count);
            }
        }

        public async Task<string> ReadRestAsync() => _rest + Encoding.ASCII.GetString(await demo.ReadOutputAsync());
    }
}
