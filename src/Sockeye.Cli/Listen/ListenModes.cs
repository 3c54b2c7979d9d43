using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The modes of <c>sockeye listen</c>. Without one of these options: print and send.</summary>
internal static class ListenModes
{
    private static readonly Option<bool> Echo = OptionFactory.CreateSwitch("--echo", "Send back received data.");

    private static readonly Option<bool> Discard = OptionFactory.CreateSwitch(
        "--discard", "Read data and drop it: a sink for measurements.");

    private static readonly Option<bool> Generate = OptionFactory.CreateSwitch(
        "--generate", "Send data as fast as the client reads: a source for measurements.");

    private static readonly Option<bool> Chat = OptionFactory.CreateSwitch("--chat", "Send each line to all other clients.");

    private static readonly Option<bool> Broker = OptionFactory.CreateSwitch(
        "--broker", "Send the bytes of each client to all other clients.");

    public static IEnumerable<Option> All =>
        [Echo, ExecCommand.Exec, ExecCommand.ShellExec, Chat, Broker, Discard, Generate, .. ForwardMode.All];

    private static Option[] Modes =>
        [Echo, ExecCommand.Exec, ExecCommand.ShellExec, Chat, Broker, Discard, Generate, ForwardMode.To];

    /// <summary>Whether there is a mode, so that standard input and output are not used.</summary>
    public static bool IsGiven(ParseResult parsed) => Modes.Any(mode => parsed.CommandResult.IsGiven(mode));

    public static void Validate(CommandResult result)
    {
        var given = Modes.Where(result.IsGiven).Select(mode => mode.Name).ToList();
        if (given.Count > 1)
            result.AddError($"{string.Join(" and ", given)} exclude each other: choose one.");
        else if (given.Count == 1)
            InputOptions.RejectWith(result, given[0]);
        ForwardMode.Validate(result);
    }

    /// <summary>Adds the handler of the mode.</summary>
    /// <param name="pipeline">The pipeline of the server.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="transport">Connects to the server of a relay.</param>
    /// <param name="errors">The output of warnings.</param>
    public static void AddTo(ListenPipeline pipeline, ParseResult parsed, IConnectionFactory transport, ErrorLines errors)
    {
        if (parsed.GetValue(Echo))
            pipeline.Add(Echo.Name, listen => listen.Run(EchoMode.RunAsync));
        else if (parsed.GetValue(Discard))
            pipeline.Add(Discard.Name, listen => listen.Run(DiscardMode.RunAsync));
        else if (parsed.GetValue(Generate))
            pipeline.Add(Generate.Name, listen => listen.Run(GenerateMode.RunAsync));
        else if (parsed.GetValue(Chat))
            pipeline.Add(Chat.Name, new ChatMode().Serve);
        else if (parsed.GetValue(Broker))
            pipeline.Add(Broker.Name, new BrokerMode().Serve);
        else if (parsed.GetValue(ForwardMode.To) is not null)
            pipeline.Add(ForwardMode.To, new ForwardMode(parsed, transport, errors).Serve);
        else if (ExecCommand.Create(parsed) is { } command)
            pipeline.Add(parsed.GetValue(ExecCommand.Exec) is null ? ExecCommand.ShellExec : ExecCommand.Exec,
                new ExecMode(command, errors).Serve);
    }
}
