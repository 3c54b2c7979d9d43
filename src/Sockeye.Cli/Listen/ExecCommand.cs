using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;

namespace Sockeye.Cli;

/// <summary>The command of <c>--exec</c> or <c>--sh-exec</c>.</summary>
internal sealed class ExecCommand
{
    private readonly Func<ProcessStartInfo> _create;

    private ExecCommand(Func<ProcessStartInfo> create) => _create = create;

    public static Option<string?> Exec { get; } = CreateExec();

    public static Option<string?> ShellExec { get; } = OptionFactory.CreateText(
        "--sh-exec", "command",
        $"Run this command of the shell ({(OperatingSystem.IsWindows() ? "cmd.exe" : "/bin/sh")}) for each client, with the "
            + "socket as its standard input and output.");

    /// <summary>Returns null without one of the options.</summary>
    /// <exception cref="CommandException">The program does not exist.</exception>
    public static ExecCommand? Create(ParseResult parsed)
    {
        if (parsed.GetValue(ShellExec) is { } script)
            return new(() => Shell(script));
        if (parsed.GetValue(Exec) is not { } command || CommandSplitter.Parse(command, out _) is not [var name, .. var arguments])
            return null;
        var path = FindProgram(name) ?? throw new CommandException(
            ExitCodes.Failed,
            $"--exec: there is no program \"{name}\". If it is a command of the shell, write --sh-exec.");
        return new(() => new(path, arguments));
    }

    /// <summary>Returns how to start the command.</summary>
    public ProcessStartInfo GetStartInfo()
    {
        var start = _create();
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return start;
    }

    private static ProcessStartInfo Shell(string script) => OperatingSystem.IsWindows()
        // With /s, cmd removes exactly the outer quotes, and leaves those of the command.
        ? new("cmd.exe", $"/d /s /c \"{script}\"")
        : new("/bin/sh", ["-c", script]);

    private static Option<string?> CreateExec()
    {
        var exec = OptionFactory.CreateText(
            "--exec", "command",
            "Run this program for each client, with the socket as its standard input and output. Quotes group words; no shell "
                + "is involved.");
        exec.Validators.Add(Validate);
        return exec;
    }

    private static void Validate(OptionResult result)
    {
        if (result.Tokens is [var token] && !string.IsNullOrWhiteSpace(token.Value)
            && CommandSplitter.Parse(token.Value, out var error) is null)
            result.AddError($"--exec {token.Value}: {error}");
    }

    private static string? FindProgram(string name)
    {
        string[] endings = OperatingSystem.IsWindows() ? ["", ".exe", ".cmd", ".bat"] : [""];
        var isPath = name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            || name.Contains(Path.AltDirectorySeparatorChar, StringComparison.Ordinal);
        var folders = isPath ? [""] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)))
            .FirstOrDefault(IsProgram);
    }

    private static bool IsProgram(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path)
                & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
