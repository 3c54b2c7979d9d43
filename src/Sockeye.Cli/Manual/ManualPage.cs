using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;

namespace Sockeye.Cli;

/// <summary>The manual page of a command, made from its options, its arguments and the notes of its help.</summary>
internal sealed class ManualPage(Command root, Command command, IReadOnlyList<HelpNote> notes)
{
    private readonly RoffText _page = new();

    private string Name => command == root ? root.Name : $"{root.Name}-{command.Name}";

    private IEnumerable<Option> Options => command.Options.Where(option => !option.Hidden);

    public string Write()
    {
        _page.Macro("TH", Name.ToUpperInvariant(), "1", "", $"Sockeye {Version}", "Sockeye Manual");
        var purpose = FirstLower(command.Description!.TrimEnd('.'));
        _page.Macro("SH", "NAME").Raw($"{RoffText.Escape(Name)} \\- {RoffText.Escape(purpose)}");
        WriteSynopsis();
        _page.Macro("SH", "DESCRIPTION").Line(command.Description!);
        foreach (var note in notes.Where(note => !note.IsLiteral))
            WriteText(note);
        WriteCommands();
        WriteArguments();
        WriteOptions();
        foreach (var note in notes.Where(note => note.IsLiteral))
            _page.Macro("SH", note.Title is "Exit codes" ? "EXIT STATUS" : note.Title.ToUpperInvariant()).Literal(note.Lines);
        WriteEnvironment();
        WriteReferences();
        return _page.ToString();
    }

    private static string Version =>
        typeof(ManualPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static string FirstLower(string text) => char.ToLowerInvariant(text[0]) + text[1..];

    private void WriteSynopsis()
    {
        var parts = new List<string> { $"\\fB{root.Name}\\fR" };
        if (command != root)
            parts.Add($"\\fB{command.Name}\\fR");
        else
            parts.Add("\\fIcommand\\fR");
        parts.AddRange(command.Arguments.Where(argument => !argument.Hidden).Select(FormatArgument));
        parts.Add("[\\fIoptions\\fR]");
        _page.Macro("SH", "SYNOPSIS").Raw(string.Join(' ', parts));
    }

    private static string FormatArgument(Argument argument)
    {
        var name = $"\\fI{RoffText.Escape(argument.Name)}\\fR" + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        return argument.Arity.MinimumNumberOfValues is 0 ? $"[{name}]" : name;
    }

    private void WriteText(HelpNote note)
    {
        if (note.Title is not "")
            _page.Macro("SS", note.Title);
        else
            _page.Macro("PP");
        foreach (var line in note.Lines)
            _page.Line(line.Trim());
    }

    private void WriteCommands()
    {
        var commands = command.Subcommands.Where(each => !each.Hidden).ToList();
        if (commands.Count is 0)
            return;
        _page.Macro("SH", "COMMANDS");
        foreach (var each in commands)
            _page.Macro("TP").Raw($"\\fB{root.Name}\\-{each.Name}\\fR(1)").Line(each.Description!);
    }

    private void WriteArguments()
    {
        if (command.Arguments.All(argument => argument.Hidden))
            return;
        _page.Macro("SH", "ARGUMENTS");
        foreach (var argument in command.Arguments.Where(argument => !argument.Hidden))
            _page.Macro("TP").Raw(FormatArgument(argument)).Line(argument.Description!);
    }

    private void WriteOptions()
    {
        _page.Macro("SH", "OPTIONS");
        foreach (var option in Options.OrderBy(option => option is HelpOption or VersionOption))
        {
            var names = option.Aliases.Prepend(option.Name).Where(name => !name.Contains('?') && !name.StartsWith('/'))
                .OrderBy(name => name.Length).Select(name => $"\\fB{RoffText.Escape(name)}\\fR");
            var value = option.ValueType == typeof(bool) || option is HelpOption or VersionOption
                ? "" : $" \\fI{RoffText.Escape(option.HelpName ?? "value")}\\fR";
            _page.Macro("TP").Raw(string.Join(", ", names) + value).Line(option.Description!);
        }
    }

    private void WriteEnvironment()
    {
        if (command != root && !Options.Any(option => option.Name is "--engine"))
            return;
        _page.Macro("SH", "ENVIRONMENT").Macro("TP").Raw("\\fBSOCKEYE_ENGINE\\fR")
            .Line("The engine on Linux, if no option names one: auto, io_uring, epoll or sockets.");
    }

    private void WriteReferences()
    {
        var pages = root.Subcommands.Where(each => !each.Hidden && each != command).Select(each => $"{root.Name}-{each.Name}");
        if (command.Name != root.Name)
            pages = pages.Where(page => page != Name).Prepend(root.Name);
        _page.Macro("SH", "SEE ALSO").Raw(string.Join(",\n", pages.Select(page => $"\\fB{RoffText.Escape(page)}\\fR(1)")));
    }
}
