using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sockeye.Cli;

/// <summary>The help of System.CommandLine, followed by examples to copy.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    // As wide as a terminal usually is. Without a terminal there is no other width.
    private const int MaxWidth = 80;

    private const string Root = """
        Examples:
          sockeye demo                       the life of a TCP connection
          sockeye listen 7000 --echo         an echo server on localhost
          echo hello | sockeye connect 7000  a client for it
          sockeye bench 7000 --rate 5k       its latencies at 5,000 requests a second
          sockeye doctor                     whether servers can run well here
          sockeye top                        the TCP connections of this machine
          source <(sockeye completion bash)  completion; also zsh, fish and pwsh

        Exit codes:
          0  done
          1  failed: refused, reset, timed out
          2  wrong use

        """;

    private static readonly Dictionary<string, string> Examples = new()
    {
        ["demo"] = DemoCommand.Examples,
        ["listen"] = ListenCommand.Examples,
        ["connect"] = ConnectCommand.Examples,
        ["bench"] = BenchCommand.Examples,
        ["doctor"] = DoctorCommand.Examples,
        ["top"] = TopCommand.Examples,
        ["completion"] = CompletionCommand.Examples,
        ["man"] = ManCommand.Examples,
        ["help"] = HelpCommand.Examples,
    };

    /// <summary>Help does not require the arguments.</summary>
    public override bool ClearsParseErrors => true;

    /// <summary>Returns the text that follows the options of a command.</summary>
    public static string GetNotes(Command command) => Examples.GetValueOrDefault(command.Name, Root).TrimEnd();

    public override int Invoke(ParseResult parseResult)
    {
        var help = new HelpAction();
        help.MaxWidth = Math.Min(help.MaxWidth, MaxWidth);
        var result = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(GetNotes(parseResult.CommandResult.Command));
        return result;
    }
}
