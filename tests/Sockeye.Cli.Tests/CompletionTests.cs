using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye completion</c> and what its scripts ask for. .ci/native runs the scripts in their shells.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("sockeye listen --ec", "--echo\tSend back received data")]
    [InlineData("sockeye listen 7000 --engine io", "io_uring")]
    [InlineData("sockeye completion z", "zsh")]
    [InlineData("sockeye man dem", "demo")]
    [InlineData("sockeye conn", "connect\tConnect standard input and output to a server")]
    [InlineData("sockeye listen --capture fi", "")] // A file: the shell completes its name.
    [InlineData("sockeye no-such-command --x", "")]
    public async Task What_can_follow_is_suggested(string line, string expected)
    {
        var result = await ToolProcess.RunAsync(["suggest", "--", line]);

        Assert.Equal((ExitCodes.Done, expected), (result.ExitCode, result.Text.TrimEnd()));
    }

    [Fact]
    public async Task Commands_are_suggested_without_those_that_help_hides()
    {
        var result = await ToolProcess.RunAsync(["suggest", "--", "sockeye "]);

        var suggested = result.Text.TrimEnd().ReplaceLineEndings("\n").Split('\n').Select(line => line.Split('\t')[0]).ToList();
        var commands = CommandLine.CreateRoot().Subcommands.Where(command => !command.Hidden).Select(command => command.Name);
        Assert.Superset(commands.ToHashSet(), suggested.ToHashSet());
        Assert.DoesNotContain("suggest", suggested);
        Assert.All(suggested, text => Assert.Matches("^(--?[a-z]|[a-z])[a-z-]*$", text));
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _sockeye sockeye")]
    [InlineData("zsh", "#compdef sockeye")]
    [InlineData("fish", "complete --command sockeye")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName sockeye")]
    public async Task Script_of_a_shell_is_printed(string shell, string expected)
    {
        var result = await ToolProcess.RunAsync(["completion", shell]);

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Contains(expected, result.Text, StringComparison.Ordinal);
        Assert.Contains($"sockeye completion {shell}", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_shell_is_refused_and_the_known_ones_are_named()
    {
        var result = await ToolProcess.RunAsync(["completion", "tcsh"]);

        Assert.Equal(ExitCodes.WrongUse, result.ExitCode);
        var text = string.Join('\n', result.Errors);
        Assert.All(["tcsh", "bash", "fish", "pwsh", "zsh"], word => Assert.Contains(word, text, StringComparison.Ordinal));
    }
}
