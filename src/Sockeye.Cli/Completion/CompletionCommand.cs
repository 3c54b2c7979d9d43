using System.CommandLine;

namespace Sockeye.Cli;

/// <summary><c>sockeye completion</c>: the completion script of a shell.</summary>
internal static class CompletionCommand
{
    public const string Examples = """
        Examples:
          source <(sockeye completion bash)      in ~/.bashrc
          source <(sockeye completion zsh)       in ~/.zshrc, after compinit
          sockeye completion fish | source       in ~/.config/fish/config.fish
          sockeye completion pwsh | Out-String | Invoke-Expression
                                                 in $PROFILE

        The script asks the tool for each completion, so it fits every version of it.

        Exit codes:
          0  done
          2  wrong use

        """;

    private static readonly Dictionary<string, string> Files = new()
    {
        ["bash"] = "sockeye.bash",
        ["zsh"] = "sockeye.zsh",
        ["fish"] = "sockeye.fish",
        ["pwsh"] = "sockeye.ps1",
    };

    private static readonly Argument<string> Shell = CreateShell();

    public static Command Create()
    {
        var command = new Command("completion", "Print the completion script of a shell.") { Shell };
        command.SetAction(parsed => Print(parsed.GetRequiredValue(Shell)));
        return command;
    }

    /// <summary>Reads the script of a shell.</summary>
    public static string ReadScript(string shell)
    {
        using var script = typeof(CompletionCommand).Assembly.GetManifestResourceStream(Files[shell])!;
        using var reader = new StreamReader(script);
        return reader.ReadToEnd();
    }

    private static Argument<string> CreateShell()
    {
        var shell = new Argument<string>("shell") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. Files.Keys]);
        return shell;
    }

    private static int Print(string shell)
    {
        Console.Out.Write(ReadScript(shell));
        return ExitCodes.Done;
    }
}
