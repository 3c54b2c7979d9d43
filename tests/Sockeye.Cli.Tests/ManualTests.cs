using System.CommandLine;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye man</c>. .ci/native reads the pages with man and mandoc.</summary>
public sealed class ManualTests
{
    private static readonly string[] Names =
        [.. CommandLine.CreateRoot().Subcommands.Where(command => !command.Hidden).Select(command => command.Name)];

    public static TheoryData<string> Commands => [.. Names];

    [Theory, MemberData(nameof(Commands))]
    public void Page_names_each_option_and_argument_of_its_command(string name)
    {
        var root = CommandLine.CreateRoot();
        var command = root.Subcommands.Single(each => each.Name == name);

        var page = WritePage(root, command);

        Assert.All(
            command.Options.Where(option => !option.Hidden).Cast<Symbol>().Concat(command.Arguments),
            symbol =>
            {
                Assert.Contains(RoffText.Escape(symbol.Name), page, StringComparison.Ordinal);
                Assert.Contains(RoffText.Escape(symbol.Description!), page, StringComparison.Ordinal);
            });
        Assert.Contains(".SH \"EXIT STATUS\"", page, StringComparison.Ordinal);
        Assert.Contains(".SH \"EXAMPLES\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_of_the_tool_lists_all_commands()
    {
        var root = CommandLine.CreateRoot();

        var page = WritePage(root, root);

        Assert.All(Names, name => Assert.Contains($"\\fBsockeye\\-{name}\\fR(1)", page, StringComparison.Ordinal));
        Assert.DoesNotContain("suggest", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"a\b", @"a\eb")]
    [InlineData("--echo", @"\-\-echo")]
    [InlineData("it's", @"it\(aqs")]
    public void Characters_that_roff_reads_are_escaped(string text, string expected) =>
        Assert.Equal(expected, RoffText.Escape(text));

    [Fact]
    public void Line_that_begins_with_a_dot_is_text() =>
        Assert.Equal("\\&.profile\n", new RoffText().Line(".profile").ToString());

    [Fact]
    public void Notes_of_a_help_become_sections()
    {
        var notes = HelpNotes.Parse(
            """
            Examples:
              sockeye x      first
                             second line

            A paragraph
            of two lines.
            With --exec:
              It runs.
            """);

        Assert.Equal(["Examples", "", "With --exec"], notes.Select(note => note.Title));
        Assert.Equal(["sockeye x      first", "               second line"], notes[0].Lines);
        Assert.Equal(["A paragraph", "of two lines."], notes[1].Lines);
        Assert.Equal(["It runs."], notes[2].Lines);
    }

    [Fact]
    public async Task Page_is_printed_and_an_unknown_command_is_refused()
    {
        var page = await ToolProcess.RunAsync(["man", "listen"]);
        var unknown = await ToolProcess.RunAsync(["man", "lisen"]);

        Assert.Equal(ExitCodes.Done, page.ExitCode);
        Assert.StartsWith(".TH \"SOCKEYE\\-LISTEN\" \"1\"", page.Text, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.WrongUse, unknown.ExitCode);
        Assert.StartsWith(
            "sockeye: \"lisen\" is not a command. There are: demo, listen, ", unknown.Errors[0], StringComparison.Ordinal);
    }

    private static string WritePage(Command root, Command command) =>
        new ManualPage(root, command, HelpNotes.Parse(HelpWithExamples.GetNotes(command))).Write();
}
