using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Sockeye.Fleet.Nodes;
using Sockeye.Linux;

namespace Sockeye.Fleet.Clients;

/// <summary>
/// The program as a child of itself: many clients of one contestant. Answers each command on standard input by one line, and ends
/// with it. The client side is the same for all contestants but for the bytes that it sends.
/// </summary>
internal sealed class ClientsCommand
{
    public const string Ready = "READY";
    public const string Failed = "FAILED";
    public const string UserPrefix = "user-";

    private static readonly TimeSpan ReachTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReachInterval = TimeSpan.FromSeconds(1);

    private readonly IConnectionFactory _factory;
    private readonly IWire _wire;
    private readonly Tally _tally;
    private readonly SemaphoreSlim _progress = new(0);
    private readonly List<MemberBatch> _batches = [];
    private readonly SayLoad _say;
    private readonly TimeProvider _time;

    private ClientsCommand(string server, TimeProvider time)
    {
        _time = time;
        _factory = CreateFactory();
        _wire = server == ServerNames.Sockeye ? new SockeyeWire() : new SignalRWire(server == ServerNames.MessagePack);
        _tally = new(time);
        _say = new(_batches, _wire, _tally, _progress);
    }

    public static async Task<int> RunAsync(string server, TimeProvider time)
    {
        var clients = new ClientsCommand(server, time);
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() is { } command)
        {
            try
            {
                Console.WriteLine(await clients.AnswerAsync(command.Split(' ')));
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                Console.WriteLine($"{Failed} {e.Message.ReplaceLineEndings(" ")}");
            }
        }

        Environment.Exit(0);
        return 0;
    }

    /// <summary>One thread for all connections, inline, with short queues to the kernel: what a load generator needs.</summary>
    private static LinuxTransport CreateFactory() => new(new()
    {
        Engine = LinuxEngine.Epoll,
        ThreadCount = 1,
        Sockets = new() { UnsafePreferInlineScheduling = true, KeepAliveTime = null },
    });

    private async Task<string> AnswerAsync(string[] command)
    {
        switch (command)
        {
            case ["OPEN", var port, var count, var group, var user]:
                var batch = new MemberBatch(_tally, _progress);
                _batches.Add(batch);
                await batch.OpenAsync(
                    _factory, _wire, Number(port), Number(count), group == GroupNames.None ? "" : group, user == GroupNames.None ? "" : UserPrefix,
                    CancellationToken.None);
                await Task.Yield();
                return $"OPENED {batch.Members.Count}";
            case ["REACH-GROUP"]:
                return await ReachAsync([.. _batches.Where(batch => batch.Receives)], () => _say.SendAsync(0, 0));
            case ["REACH-USERS"]:
                return await ReachAsync([_batches[1]], AddressAllAsync);
            case ["REACHED"]:
                return $"REACHED {_batches.Sum(batch => batch.Reached)}";
            case ["SAY", var sender, var milliseconds, var inFlight]:
                return await MeasureAsync(
                    () => _say.RunAsync(Number(sender), TimeSpan.FromMilliseconds(Number(milliseconds)), Number(inFlight)));
            case ["TELL", var rate, var milliseconds]:
                var load = new AddressedLoad(_batches[0], _batches[1], _wire, _tally, UserPrefix);
                return await MeasureAsync(() => load.RunAsync(Number(rate), TimeSpan.FromMilliseconds(Number(milliseconds))));
            case ["EXPECT"]:
                _say.Begin(first: 1);
                return "EXPECTING";
            case ["SEND", var number]:
                await _say.SendAsync(0, Number(number));
                return "SENT";
            case ["FINISH", var last]:
                return await MeasureAsync(async () =>
                {
                    await _say.FinishAsync(Number(last));
                    return Number(last);
                });
            default:
                throw new IOException($"There is no command {string.Join(' ', command)}.");
        }
    }

    /// <summary>Sends lines until each member has received one: only then has each joined, as all nodes see it.</summary>
    private async Task<string> ReachAsync(IReadOnlyList<MemberBatch> batches, Func<Task> send)
    {
        var startedAt = _time.GetTimestamp();
        while (batches.Any(batch => batch.Reached < batch.Members.Count))
        {
            if (_time.GetElapsedTime(startedAt) > ReachTimeout)
            {
                throw new TimeoutException(
                    $"{batches.Sum(batch => batch.Reached)} of {batches.Sum(batch => batch.Members.Count)} members have received a "
                    + $"line within {ReachTimeout.TotalSeconds:0} s, and {_tally.Closed} connections were closed");
            }

            await send();
            await Task.Delay(ReachInterval, _time, CancellationToken.None);
        }

        return $"REACHED {batches.Sum(batch => batch.Reached)}";
    }

    private async Task AddressAllAsync()
    {
        foreach (var index in Enumerable.Range(0, _batches[1].Members.Count))
        {
            var output = _batches[0].Members[index % _batches[0].Members.Count].Connection.Transport.Output;
            _wire.WriteAddressed(output, $"{UserPrefix}{index}", new Mark(0, 0).ToText());
            await output.FlushAsync();
        }
    }

    private async Task<string> MeasureAsync(Func<Task<long>> run)
    {
        var startedAt = _time.GetTimestamp();
        var sent = await run();
        return new LoadResult
        {
            Sent = sent,
            Received = _tally.Received,
            Lost = _tally.Lost,
            Doubled = _tally.Doubled,
            Closed = _tally.Closed,
            Bytes = _tally.Bytes,
            P50 = _tally.Percentile(50),
            P99 = _tally.Percentile(99),
            P100 = _tally.Percentile(100),
            Seconds = _time.GetElapsedTime(startedAt).TotalSeconds,
        }.ToLine();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
