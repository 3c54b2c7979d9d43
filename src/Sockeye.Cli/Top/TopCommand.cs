using System.CommandLine;
using System.CommandLine.Parsing;
using Spectre.Console;

namespace Sockeye.Cli;

/// <summary><c>sockeye top</c>: the TCP connections of this machine, or of a Sockeye server, live.</summary>
internal static class TopCommand
{
    public const string Examples = """
        Examples:
          sockeye top                       all TCP connections of this machine
          sockeye top --filter 'state=estab and not port=22' --sort rtt
          sockeye top --filter 10.0.0.0/8   with one end in a network
          sockeye top --interval 5s         a snapshot every 5 s
          sockeye top --once | head -20     one snapshot as text
          sockeye top --once --json | jq '.connections[] | select(.retransmits > 0)'
          sockeye listen 7000 --echo --admin 7001 &
          sockeye top http://localhost:7001 the connections of a Sockeye server

        It needs no root. The process of a connection is shown for your own processes,
        and for all of them to root. Rates are those since the last snapshot.
        Without a terminal, it prints one snapshot, as with --once.

        Filters:
          443  10.0.0.0/8  nginx  state=close-w  rtt>50ms  out>1M  lport=443
          joined by and, or, not, and parentheses. Names: port, lport, rport, addr,
          local, remote, state, process, pid, user, in, out, rtt, retrans, recvq,
          sendq, received, sent, age, idle, cwnd, id, note

        Keys:
          arrows select, Enter opens a connection, / filters, F6 sorts, I inverts,
          Tab shows listeners and ended connections, Space pauses, F9 closes a
          connection of a server, F1 or ? shows all keys, q quits

        Exit codes:
          0  done
          1  failed: the admin page does not answer
          2  wrong use

        """;

    private static readonly Argument<string?> Url = new("url")
    {
        Description = "The admin page of a Sockeye server: http://localhost:7001, localhost:7001 or 7001. Default: this machine.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Once = OptionFactory.CreateSwitch(
        "--once", "Print one snapshot as text, and end. Rates are over one interval.");

    private static readonly Option<bool> Json = OptionFactory.CreateSwitch(
        "--json", "Print one snapshot as a JSON object with listeners and connections, and end.");

    private static readonly Option<TimeSpan?> Interval = OptionFactory.CreateDuration(
        "--interval", "Time between two snapshots, from 100ms: 500ms, 5s, 1m. Default: 1s.", TimeSpan.FromMilliseconds(100));

    private static readonly Option<string?> Filter = OptionFactory.CreateText(
        "--filter", "filter", "Show only these connections: a word, a port, an address, a network, or comparisons.");

    private static readonly Option<string?> Sort = OptionFactory.CreateText(
        "--sort", "column", "Sort by local, remote, state, in, out, rtt, retrans, age, pid, process and others; numbers start "
            + "with the largest. Default: out.");

    private static readonly Option<bool> Reverse = OptionFactory.CreateSwitch("--reverse", "Sort in the other direction.");

    public static Command Create()
    {
        var command = new Command("top", "Show the TCP connections of this machine or of a Sockeye server, live.")
        {
            Url, Once, Json, Interval, Filter, Sort, Reverse,
        };
        command.Validators.Add(Validate);
        command.SetAction(RunAsync);
        return command;
    }

    private static void Validate(CommandResult result)
    {
        var url = result.GetValue(Url);
        if (url is not null && AdminUrl.Parse(url) is null)
            result.AddError($"\"{url}\" is not the URL of an admin page. Write it as http://localhost:7001, or leave it out.");
        if (result.GetGiven(Filter) is { } filter && TopFilter.Parse(filter, out var error) is null)
            result.AddError($"--filter: {error}.");
        if (result.GetGiven(Sort) is { } sort && FindColumn(url is not null, sort) is null)
        {
            var names = (url is null ? TopColumn.OfMachine : TopColumn.OfServer.Where(column => column.ServerSort is not null))
                .Select(column => column.Name);
            result.AddError($"--sort: \"{sort}\" is not a column to sort by. Write {string.Join(", ", names)}.");
        }
    }

    private static TopColumn? FindColumn(bool isServer, string name) => isServer
        ? TopColumn.OfServer.FirstOrDefault(column => column.Name == name && column.ServerSort is not null)
        : TopColumn.OfMachine.FirstOrDefault(column => column.Name == name);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var url = parsed.GetValue(Url);
        using ITopSource source = url is null
            ? new MachineSource(time) : new AdminSource(new AdminClient(AdminUrl.Parse(url)!), time);
        var sort = FindColumn(url is not null, parsed.GetValue(Sort) ?? source.DefaultSort)!;
        var state = new TopState(source.Columns, sort, sort.IsNumber != parsed.GetValue(Reverse))
        {
            CanClose = source.CanClose,
            Interval = parsed.GetValue(Interval) ?? TimeSpan.FromSeconds(1),
            Filter = TopFilter.Parse(parsed.GetValue(Filter) ?? "", out _)!,
        };
        try
        {
            if (parsed.GetValue(Once) || parsed.GetValue(Json) || Console.IsOutputRedirected || Console.IsInputRedirected
                || !AnsiConsole.Profile.Capabilities.Ansi)
                await PrintAsync(source, state, parsed.GetValue(Json), time, cancellationToken);
            else
                await new TopRun(source, state, time).RunAsync();
        }
        catch (TopSourceException e)
        {
            throw new CommandException(ExitCodes.Failed, $"{e.Message}.", e);
        }

        return ExitCodes.Done;
    }

    /// <summary>Takes two snapshots, one interval apart, for the rates.</summary>
    private static async Task PrintAsync(
        ITopSource source, TopState state, bool isJson, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = state.ToQuery() with { Offset = 0, Limit = int.MaxValue };
        await source.RefreshAsync(cancellationToken);
        await source.QueryAsync(query with { Limit = 1 }, cancellationToken);
        await Task.Delay(state.Interval, time, cancellationToken);
        await source.RefreshAsync(cancellationToken);
        var snapshot = await source.QueryAsync(query, cancellationToken);
        if (isJson)
        {
            StandardOutput.Instance.Write(TopJson.Write(snapshot, state.Interval));
            return;
        }

        Console.Out.WriteLine(string.Join(
            Environment.NewLine, TopReport.Write(snapshot, source.Columns, source.CanClose)));
    }
}
