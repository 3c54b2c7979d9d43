using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

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
          sockeye demo --step                        wait for Enter at each step
          sockeye demo --page                        a page to press buttons on
          sockeye demo --page --port 7002            the page on this port

        The demo uses real sockets on a free port of 127.0.0.1. It compares every echo
        byte for byte. With --step, each step names commands to try in another
        terminal, such as ss, with the real ports; Enter continues, and q ends.
        With --page, a browser shows the sockets of this process live, and each button
        is a call of a socket function. Only this machine can reach the page. With the
        right to capture packets (root), it shows the segments as they were sent.

        Exit codes:
          0  all echoes were correct, or the user ended the demo
          1  an echo was wrong, or the port of the page is in use
          2  wrong use

        """;

    private const int MaxClients = 10_000;
    private const int MaxMessages = 10_000_000;

    private static readonly Option<int?> Clients = OptionFactory.CreateCount(
        "--clients", "The number of clients that exchange messages with the server. Default: 4.", MaxClients);

    private static readonly Option<int?> Messages = OptionFactory.CreateCount(
        "--messages", "The number of messages of each client. Default: 1000.", MaxMessages);

    private static readonly Option<bool> Json = OptionFactory.CreateSwitch("--json", "Print one JSON document instead.");

    private static readonly Option<bool> Step = OptionFactory.CreateSwitch(
        "--step", "Wait for a key at each step, and print what to try meanwhile in another terminal.");

    private static readonly Option<bool> Page = OptionFactory.CreateSwitch(
        "--page", "Serve a page that shows real sockets live, with a button for each step, and print its address.");

    private static readonly Option<int?> Port = OptionFactory.CreateCount(
        "--port", "The port of the page on localhost. Default: a free one.", IPEndPoint.MaxPort);

    public static Command Create()
    {
        var command = new Command("demo", "Show the life of a TCP connection step by step, then N clients at once.")
        {
            Clients, Messages, Json, Step, Page, Port,
        };
        command.Validators.Add(Validate);
        command.SetAction(parsed => RunAsync(parsed));
        return command;
    }

    private static void Validate(CommandResult result)
    {
        if (result.GetValue(Json) && result.GetValue(Step))
            result.AddError("--step waits for a reader, and --json is for programs: leave out one of them.");
        Option[] others = [Clients, Messages, Json, Step];
        if (result.GetValue(Page) && others.FirstOrDefault(other => result.IsGiven(other)) is { } first)
            result.AddError($"--page has buttons instead of {first.Name}: leave out one of them.");
        if (!result.GetValue(Page) && result.IsGiven(Port))
            result.AddError("--port is the port of the page: add --page.");
    }

    private static Task<int> RunAsync(ParseResult parsed)
    {
        if (parsed.GetValue(Page))
            return new DemoPage(parsed.GetValue(Port) ?? 0, TimeProvider.System).RunAsync();
        var (clients, messages) = (parsed.GetValue(Clients) ?? 4, parsed.GetValue(Messages) ?? 1000);
        if (parsed.GetValue(Json))
            return RunAsync(clients, messages, new DemoJson(), null);
        var text = new DemoText();
        return RunAsync(clients, messages, text, parsed.GetValue(Step) ? new DemoPause(text) : null);
    }

    private static async Task<int> RunAsync(int clients, int messages, IDemoReport report, DemoPause? pause)
    {
        var time = TimeProvider.System;
        // If the reader of standard output has ended, as after "| head -1", the demo ends.
        var broken = StandardOutput.Instance.Broken;
        List<DemoScene> life = [];
        var demo = new DemoLife(time);
        await foreach (var scene in demo.PlayAsync())
        {
            life.Add(scene);
            report.Show(scene);
            if (broken.IsCancellationRequested || (pause is not null && !await pause.WaitAsync(scene, demo.Port, broken)))
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
