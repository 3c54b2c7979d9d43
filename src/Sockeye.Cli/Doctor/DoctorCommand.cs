using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary><c>sockeye doctor</c>: whether servers can run well on this system, whether one process does, and whether a server
/// can be reached well.</summary>
internal static class DoctorCommand
{
    public const string Examples = """
        Examples:
          sockeye doctor            show the engine, the limits, and remedies
          sockeye doctor --json | jq '.findings[] | select(.verdict != "ok")'
                                    show only notes and problems
          sockeye doctor --write 99-sockeye.conf
                                    write the remedies for sysctl -p
          sockeye doctor --pid $$   the limits and listeners of a process
          sockeye doctor example.org:443
                                    addresses, TLS, certificate, PROXY header
          sockeye doctor localhost 7000 --idle 60s
                                    who closes an idle connection, and when
          SOCKEYE_ENGINE=io_uring sockeye doctor && ./server
                                    start a server only if io_uring runs

        The command changes nothing, except that --write writes its file. Without a
        target, its result applies to processes that are started in the same way: by
        this user, from this shell or unit, in this container. Rates are those of one
        second.
        With a target, it connects several times, sends the start of a TLS handshake,
        with and without a PROXY header, and waits on a silent connection.

        Exit codes:
          0  all is well; there may be notes
          1  a problem was found, or the file of --write cannot be written
          2  wrong use

        """;

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultIdle = TimeSpan.FromSeconds(3);

    private static readonly Argument<EndPointText?> Target = new("target")
    {
        Description = "A server to check from here: example.org:443, 7000 (localhost), [::1]:7000, or a host and a port.",
        Arity = new ArgumentArity(0, 2),
        CustomParser = ParseTarget,
    };

    private static readonly Option<int?> ProcessId = OptionFactory.CreateCount(
        "--pid", "Check a running process: its limits, listeners, memory and unit. Linux.");

    private static readonly Option<string?> Write = OptionFactory.CreateText(
        "--write", "file", "Write the remedies that are settings of the kernel into a file for sysctl -p.");

    private static readonly Option<TimeSpan?> Idle = OptionFactory.CreateDuration(
        "--idle", "Time to wait on an idle connection to the target: 500ms, 60s, 5m. Default: 3s.");

    private static readonly Option<TimeSpan?> Timeout = OptionFactory.CreateDuration(
        "--timeout", "Maximum time for each connect and handshake with the target. Default: 5s.");

    private static readonly Option<string?> Authorities = OptionFactory.CreateText(
        "--ca", "file", "The authorities that may sign the target's certificate: a PEM file. Default: the system's authorities.");

    private static readonly Option<string?> ServerName = OptionFactory.CreateText(
        "--sni", "name", "The server name to request (SNI) and to find in the certificate. Default: the host of the target.");

    private static readonly Option<bool> Json = OptionFactory.CreateSwitch("--json", "Print one JSON document instead.");

    public static Command Create()
    {
        var command = new Command(
            "doctor", "Check this machine, a process or a server: limits and remedies; addresses and TLS of a target.")
        {
            Target, ProcessId, Write, Idle, Timeout, Authorities, ServerName, Json,
        };
        command.Validators.Add(Validate);
        command.SetAction(async (parsed, _) =>
        {
            var report = await CreateReportAsync(parsed);
            if (parsed.GetValue(Json))
                report.PrintJson();
            else
                report.PrintText();
            if (parsed.GetValue(Write) is { } path)
                ReportWritten(path, SysctlFile.Write(path, report.Findings));
            return report.Ok ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static async Task<DoctorReport> CreateReportAsync(ParseResult parsed)
    {
        var time = TimeProvider.System;
        if (parsed.GetValue(ProcessId) is { } id)
        {
            return DoctorReport.Create(
                await ProcessFindings.CreateAsync(id, time), "The process can run well", "The process cannot run well");
        }

        if (parsed.GetValue(Target) is not { } target)
        {
            return DoctorReport.Create(
                await CheckMachineAsync(time), "Servers can run well here", "Servers cannot run well here");
        }

        var client = new TargetClient(
            parsed.GetValue(ServerName) ?? target.Host, parsed.GetValue(Timeout) ?? DefaultTimeout,
            parsed.GetValue(Authorities) is { } file ? TlsOptions.LoadAuthorities(file, Authorities.Name) : null);
        var findings = await new TargetFindings(target, client, parsed.GetValue(Idle) ?? DefaultIdle, time).CreateAsync();
        return DoctorReport.Create(findings, $"{target} can be used from here", $"{target} cannot be used well from here");
    }

    private static async Task<IReadOnlyList<Finding>> CheckMachineAsync(TimeProvider time) =>
    [
        .. EngineFindings.All(), .. MachineFindings.All(), .. LimitFindings.All(), .. NetworkFindings.All(),
        .. await ListenerFindings.MeasureMachineAsync(time), .. SystemdFindings.All(), .. await WindowsFindings.ReadAsync(time),
    ];

    private static void Validate(CommandResult result)
    {
        var hasTarget = result.GetResult(Target) is { Tokens.Count: > 0 };
        if (hasTarget && result.GetResult(ProcessId) is not null)
            result.AddError("--pid and a target exclude each other: check one after the other.");
        foreach (var option in (Option[])[Idle, Timeout, Authorities, ServerName])
        {
            if (!hasTarget && result.IsGiven(option))
                result.AddError($"{option.Name} is about a target: name one, as example.org:443, or leave it out.");
        }

        if ((hasTarget || result.GetResult(ProcessId) is not null) && result.GetResult(Write) is not null)
            result.AddError("--write has the settings of this machine: leave out the target or --pid.");
    }

    private static EndPointText? ParseTarget(ArgumentResult result)
    {
        var parts = result.Tokens.Select(token => token.Value).ToList();
        if (parts.Count == 0)
            return null;
        var text = parts is [var host, var port] ? EndPointArguments.Join(host, port) : parts[0];
        return OptionFactory.ParseEndPoint(result, text, target => target switch
        {
            { Kind: EndPointKind.Any } => $"{target} means every address of this machine: name one to connect to.",
            { Kind: not EndPointKind.Unix, Port: 0 } => $"{target} has port 0: a port to connect to is 1 to 65535.",
            _ => EndPoints.DescribeTargetProblem(target.EndPoint),
        });
    }

    private static void ReportWritten(string path, int count) => new ErrorLines().WriteLine(count == 0
        ? $"{path}: nothing to change"
        : $"{path}: {QuantityText.FormatCount(count, "setting")}; apply with 'sysctl -p {path}', or put it into /etc/sysctl.d");
}
