using System.CommandLine;

namespace Sockeye.Cli;

/// <summary><c>sockeye demo</c>: a server and its clients in one process, for demonstration.</summary>
internal static class DemoCommand
{
    public const string Examples = """
        Examples:
          sockeye demo                               the life of a connection, then 4
                                                     clients with 1,000 messages each
          sockeye demo --clients 500 --messages 100  more clients, fewer messages
          sockeye demo --json | jq .totals           the result as JSON

        The demo uses real sockets on a free port of 127.0.0.1. It compares every echo
        byte for byte.

        Exit codes:
          0  all echoes were correct
          1  an echo was wrong
          2  wrong use

        """;

    private const int MaxClients = 10_000;
    private const int MaxMessages = 10_000_000;

    private static readonly Option<int?> Clients = OptionFactory.CreateCount(
        "--clients", "The number of clients that exchange messages with the server. Default: 4.", MaxClients);

    private static readonly Option<int?> Messages = OptionFactory.CreateCount(
        "--messages", "The number of messages of each client. Default: 1000.", MaxMessages);

    private static readonly Option<bool> Json = OptionFactory.CreateSwitch("--json", "Print one JSON document instead.");

    public static Command Create()
    {
        var command = new Command("demo", "Show the life of a TCP connection step by step, then N clients at once.")
        {
            Clients, Messages, Json,
        };
        command.SetAction(parsed => RunAsync(
            parsed.GetValue(Clients) ?? 4, parsed.GetValue(Messages) ?? 1000,
            parsed.GetValue(Json) ? new DemoJson() : new DemoText()));
        return command;
    }

    private static async Task<int> RunAsync(int clients, int messages, IDemoReport report)
    {
        var time = TimeProvider.System;
        // If the reader of standard output has ended, as after "| head -1", the demo ends.
        var broken = StandardOutput.Instance.Broken;
        List<DemoScene> life = [];
        await foreach (var scene in new DemoLife(time).PlayAsync())
        {
            life.Add(scene);
            report.Show(scene);
            if (broken.IsCancellationRequested)
                return ExitCodes.Done;
        }

        var load = new DemoLoad(clients, messages, time);
        var running = load.RunAsync();
        await report.FollowAsync(load, running).WaitAsync(broken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (broken.IsCancellationRequested)
            return ExitCodes.Done;
        var (results, totals) = await running;
        var ok = totals.WrongEchoes == 0 && totals.Messages == load.Total && results.All(r => r.ServerSees == r.Local);
        report.Finish(new(life, results, totals, ok));
        return ok ? ExitCodes.Done : throw new CommandException(
            ExitCodes.Failed, $"{totals.WrongEchoes} of {clients} clients got a wrong echo, or were not seen by the server.");
    }
}
