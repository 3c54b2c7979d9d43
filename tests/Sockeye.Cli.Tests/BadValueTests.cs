using System.CommandLine;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>Every option of every command with invalid values: a sentence and an exit code, never a crash.</summary>
public sealed class BadValueTests
{
    private static readonly string[] Values =
        ["", " ", "bogus", "-1", "0", "99999999999999999999", "NaN", "ключ-💥", "a\nb\u001b[31m", new('x', 70_000)];

    // With these arguments, each command ends by itself, whatever its other options are.
    private static readonly Dictionary<string, string[]> Arguments = new()
    {
        ["connect"] = ["127.0.0.1:1", "--timeout", "5s"],
        ["listen"] = ["203.0.113.1:7000"],
        ["bench"] = ["127.0.0.1:1", "--timeout", "5s"],
        ["top"] = ["--once"],
        ["demo"] = [],
        ["doctor"] = [],
    };

    // They report on the machine, and succeed with any valid value.
    private static readonly string[] Reports = ["doctor", "top"];

    // The arguments that an option needs to have a meaning.
    private static readonly Dictionary<string, string[]> Companions = new()
    {
        ["connect --ca"] = ["--tls"],
        ["connect --cert"] = ["--tls"],
        ["connect --key"] = ["--tls", "--cert", "/nonexistent.pem"],
        ["connect --sni"] = ["--tls"],
        ["connect --alpn"] = ["--tls"],
        ["listen --key"] = ["--cert", "/nonexistent.pem"],
        ["listen --ca"] = ["--tls", "self-signed", "--require-client-cert"],
        ["listen --alpn"] = ["--tls", "self-signed"],
        ["listen --to-ca"] = ["--to", "127.0.0.1:1", "--to-tls"],
        ["listen --to-pin"] = ["--to", "127.0.0.1:1"],
        ["listen --to-cert"] = ["--to", "127.0.0.1:1", "--to-tls"],
        ["listen --to-key"] = ["--to", "127.0.0.1:1", "--to-tls", "--to-cert", "/nonexistent.pem"],
        ["listen --to-sni"] = ["--to", "127.0.0.1:1", "--to-tls"],
        ["bench --match"] = ["--answer", "lines"],
        ["bench --arrivals"] = ["--rate", "1k"],
        ["bench --burst"] = ["--rate", "1k"],
        ["bench --handshake-timeout"] = ["--tls"],
        ["bench --ca"] = ["--tls"],
        ["bench --cert"] = ["--tls"],
        ["bench --key"] = ["--tls", "--cert", "/nonexistent.pem"],
        ["bench --sni"] = ["--tls"],
        ["bench --alpn"] = ["--tls"],
        ["demo --port"] = ["--page"],
        ["doctor --sni"] = ["127.0.0.1:1"],
        ["doctor --timeout"] = ["127.0.0.1:1"],
        ["doctor --ca"] = ["127.0.0.1:1"],
        ["doctor --idle"] = ["127.0.0.1:1"],
        ["connect --proxy-auth"] = ["--proxy", "http://127.0.0.1:1"],
    };

    public static TheoryData<string, string> Options
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var command in CommandLine.CreateRoot().Subcommands)
            {
                foreach (var option in command.Options
                    .Where(option => option.Arity.MaximumNumberOfValues > 0 && option is not Option<bool>))
                    rows.Add(command.Name, option.Name);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public async Task Bad_value_is_named_with_its_option_and_ends_without_a_crash(string command, string option)
    {
        foreach (var value in Values)
        {
            // As one argument: a value that starts with a dash would be another option.
            string[] arguments = [command, .. Before(command, option), $"{option}={value}"];
            var errors = CommandLine.CreateRoot().Parse(arguments).Errors.Select(error => error.Message).ToList();
            if (errors.Count > 0)
            {
                Assert.Contains(errors, error => error.Contains(option, StringComparison.Ordinal) || option == "--local");
                Assert.Contains(errors, error => error.Contains(value, StringComparison.Ordinal));
            }
            else if (command != "demo") // With a valid port, its page is served until the process is stopped.
            {
                // The value is valid, such as the name of a missing file, so the command runs.
                AssertEndsInOrder(await ToolProcess.RunAsync(arguments), arguments);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Missing_value_is_reported_with_the_option(string command, string option)
    {
        if (option == "--tls")
            return; // Its value is optional.
        var errors = CommandLine.CreateRoot().Parse([command, .. Before(command, option), option]).Errors;

        Assert.Contains(errors, error => error.Message.Contains(option, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Value_with_control_characters_is_shown_escaped_on_one_line()
    {
        var result = await ToolProcess.RunAsync(["listen", "7000", "--keep-alive", "a\nb\u001b[31m"]);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(
            "sockeye: --keep-alive: \"a\\x0Ab\\x1B[31m\" is not a time", result.Errors[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listen", "bogus.invalid:7000")]
    [InlineData("listen", "host\n:7000")]
    [InlineData("connect", "ключ-💥:7000")]
    [InlineData("connect", "unix:/nonexistent\u001b[31m/socket")]
    [InlineData("listen", "unix:")]
    [InlineData("listen", "unix:/dev/null/x")]
    [InlineData("listen", "")]
    [InlineData("connect", "")]
    public async Task Bad_endpoint_ends_without_a_crash(string command, string endpoint)
    {
        string[] arguments = [command, endpoint];
        AssertEndsInOrder(await ToolProcess.RunAsync(arguments), arguments);
    }

    [Fact]
    public async Task Endpoint_that_is_longer_than_any_name_or_path_ends_without_a_crash()
    {
        foreach (var command in (string[])["listen", "connect"])
        {
            foreach (var start in (string[])["", "unix:/", "[", "1"])
            {
                string[] arguments = [command, start + new string('a', 5000) + ":7000"];
                AssertEndsInOrder(await ToolProcess.RunAsync(arguments), arguments);
            }
        }
    }

    private static string[] Before(string command, string option) =>
        [.. Arguments[command].TakeWhile(word => word != option), .. Companions.GetValueOrDefault($"{command} {option}", [])];

    private static void AssertEndsInOrder(ToolResult result, string[] arguments)
    {
        var said = $"{string.Join(' ', arguments.Select(word => word.Length > 80 ? word[..80] : word))}: "
            + $"{result.ExitCode} {string.Join('\n', result.Errors)}";
        Assert.True(result.ExitCode is 1 or 2 || (result.ExitCode == 0 && Reports.Contains(arguments[0])), said);
        if (!Reports.Contains(arguments[0]))
        {
            Assert.True(result.Output.Length == 0, said);
            Assert.True(result.Errors.Any(line => line.StartsWith("sockeye: ", StringComparison.Ordinal)), said);
        }

        Assert.DoesNotContain("fault of the tool", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", said, StringComparison.Ordinal);
    }
}
