using System.CommandLine;

namespace Sockeye.Cli;

/// <summary><c>sockeye doctor</c>: whether servers can run well on this system.</summary>
internal static class DoctorCommand
{
    public const string Examples = """
        Examples:
          sockeye doctor            show the engine, the limits, and remedies
          sockeye doctor --json | jq '.findings[] | select(.verdict != "ok")'
                                    show only notes and problems
          SOCKEYE_ENGINE=io_uring sockeye doctor && ./server
                                    start a server only if io_uring runs

        The command changes nothing. Its result applies to processes that are started in
        the same way: by this user, from this shell or unit, in this container.

        Exit codes:
          0  servers can run well
          1  a problem was found
          2  wrong use

        """;

    private static readonly Option<bool> Json = OptionFactory.CreateSwitch("--json", "Print one JSON document instead.");

    public static Command Create()
    {
        var command = new Command("doctor", "Show which engine serves here and why, the relevant limits, and remedies.")
        {
            Json,
        };
        command.SetAction(parsed =>
        {
            var report = DoctorReport.Create();
            if (parsed.GetValue(Json))
                report.PrintJson();
            else
                report.PrintText();
            return report.Ok ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }
}
