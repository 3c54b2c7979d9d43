using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Protocols;

/// <summary>
/// Like Redis: replies in order, with pushes between them, a login and a subscription on each connection. A command that is not
/// safe to repeat arrives at most once, and the pushes of a connection have no gap.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="keepsOrder">False for a server with a mistake: replies come when they are ready.</param>
internal sealed class RedisSystem(SimulatedNetwork network, bool keepsOrder = true) : ProtocolSystem(network)
{
    private readonly Dictionary<string, long> _lastPushes = [];
    private long _pushes;

    protected override void Serve(ListenOptions listen) => listen.Run(new RespCodec(), async peer =>
    {
        using var ended = new CancellationTokenSource();
        var publishing = Task.CompletedTask;
        try
        {
            await peer.RespondAllAsync(
                async (command, token) =>
                {
                    if (command.Items![0].Text is not "SUBSCRIBE")
                        return await ExecuteAsync([.. command.Items.Select(item => item.Text)], token);
                    publishing = PublishAsync(peer, ended.Token);
                    return Resp.List('>', "subscribe", peer.ConnectionId, "0");
                },
                options: new() { MaxConcurrentRequests = 4, KeepsOrder = keepsOrder });
        }
        finally
        {
            ended.Cancel();
            await publishing;
        }
    });

    protected override async Task RunClientAsync(SimulatedHost host)
    {
        await using var redis = Network.ClientOn(host).KeepRequests<Resp, Resp>(
            [Server], new RespCodec(), new RespCodec(),
            rules =>
            {
                rules.IsPush = reply => reply.Kind is '>';
                rules.OnPush = push =>
                {
                    CheckPush(push.Items![1].Text, ToNumber(push.Items[2].Text));
                    return default;
                };
                rules.IsSafeToRepeat = command => command.Items![0].Text is not "INCR";
                rules.OnConnected = async (connection, token) =>
                {
                    var hello = await connection.SendAsync(Resp.List('*', "HELLO", "3"), token);
                    Invariants.Check(hello.Text is "HELLO", () => $"HELLO was answered by {hello}");
                    await connection.Messages.WriteAsync(Resp.List('*', "SUBSCRIBE", "news"), token);
                };
            },
            new() { MaxQueuedRequests = 3, Requests = { MaxInFlight = 4, MaxWaiters = 2 } });
        await RunCallersAsync(
            6, () => CallAsync((number, timeout, token) => SendAsync(redis, number, timeout, token)), Closing);
    }

    protected override void CheckEnd() => Invariants.Check(_pushes > 0, () => "no push arrived in all the time");

    private async Task SendAsync(RequestClient<Resp, Resp> redis, long number, TimeSpan timeout, CancellationToken token)
    {
        var size = Network.Random.Next(40);
        string[] command = Network.Random.Next(4) switch
        {
            0 => ["ECHO", $"{number}", new('x', size * 20)],
            1 => ["LRANGE", $"{number}", $"{size}"],
            2 => ["INCR", $"{number}"],
            _ => ["OTHER", $"{number}"],
        };
        var reply = await redis.SendAsync(Resp.List('*', command), timeout, token);
        Invariants.Check(
            reply.ToString() == Answer(command).ToString(), () => $"{string.Join(' ', command)} was answered by {reply}");
    }

    private async ValueTask<Resp> ExecuteAsync(string[] command, CancellationToken cancellationToken)
    {
        if (command[0] is "HELLO")
            return new('+', "HELLO");
        var isFirst = Receive(ToNumber(command[1]));
        Invariants.Check(isFirst || command[0] is not "INCR", () => $"the server has INCR {command[1]} twice");
        await WorkAsync(cancellationToken);
        return Answer(command);
    }

    private static Resp Answer(string[] command) => command switch
    {
        ["ECHO", var number, var text] => new('$', $"{number} {text}"),
        ["LRANGE", var number, var count] =>
            Resp.List('*', Enumerable.Range(0, (int)ToNumber(count)).Select(item => $"{number}-{item}")),
        ["INCR", var number] => new(':', number),
        _ => new('-', $"ERR {command[1]}"),
    };

    private async Task PublishAsync(MessageConnection<Resp> peer, CancellationToken ended)
    {
        try
        {
            for (var number = 1; ; number++)
            {
                // At least a second, so that the first one comes after the confirmation of the subscription.
                await Network.Pause(TimeSpan.FromSeconds(1), ended);
                await Network.PauseUpTo(TimeSpan.FromMinutes(2), ended);
                await peer.WriteAsync(Resp.List('>', "message", peer.ConnectionId, $"{number}"), ended);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ConnectionAbortedException
            or ObjectDisposedException)
        {
            // The connection has ended.
        }
    }

    private void CheckPush(string connection, long number)
    {
        _pushes++;
        var expected = _lastPushes.TryGetValue(connection, out var last) ? last + 1 : 0;
        Invariants.Check(number == expected, () => $"push {number} of {connection} has arrived, not {expected}");
        _lastPushes[connection] = number;
    }

    private static long ToNumber(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
