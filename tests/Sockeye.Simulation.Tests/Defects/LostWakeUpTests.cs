using System.Net;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Defects;

/// <summary>
/// A handler that hands its messages to a worker. The defect: a signal without a waiter is lost.
/// </summary>
public sealed class LostWakeUpTests
{
    private const int Lines = 20;

    [Fact]
    public void A_lost_wake_up_is_found() =>
        Defect.IsFound(network => RunAsync(network, remembers: false), "Nothing is left to do");

    [Fact]
    public void A_remembered_wake_up_passes() => Defect.IsAbsent(network => RunAsync(network, remembers: true));

    private static async Task RunAsync(SimulatedNetwork network, bool remembers)
    {
        var codec = Codec.Lines(maxLength: 100);
        var (server, client) = (network.AddHost("server"), network.AddHost("client"));
        network.Jitter = TimeSpan.FromMilliseconds(5);
        await using var echo = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = server;
            options.TimeProvider = network.TimeProvider;
            // A server that closes idle connections would hide the defect.
            options.Timeouts.Idle = options.Timeouts.WriteStall = Timeout.InfiniteTimeSpan;
            options.Listen(new IPEndPoint(IPAddress.Any, 7)).Run(codec, peer => ServeAsync(network, peer, new(remembers)));
        });

        await using var connection = await network.ClientOn(client).ConnectAsync("server", 7, codec);
        for (var line = 0; line < Lines; line++)
        {
            await connection.WriteAsync($"{line}");
            await foreach (var answer in connection.ReadAllAsync())
            {
                Assert.Equal($"{line}", answer);
                break;
            }

            await network.PauseUpTo(TimeSpan.FromMilliseconds(20));
        }
    }

    private static async Task ServeAsync(SimulatedNetwork network, MessageConnection<string> peer, Bell bell)
    {
        var mailbox = new Queue<string>();
        var isOver = false;
        var working = WorkAsync();
        await foreach (var line in peer.ReadAllAsync())
        {
            mailbox.Enqueue(line);
            bell.Ring();
        }

        isOver = true;
        bell.Ring();
        await working;

        async Task WorkAsync()
        {
            while (!isOver)
            {
                while (mailbox.TryDequeue(out var line))
                    await peer.WriteAsync(line);
                // Some bookkeeping between the check and the wait: a signal in between is early.
                await network.PauseUpTo(TimeSpan.FromMilliseconds(8));
                await bell.WaitAsync();
            }
        }
    }

    private sealed class Bell(bool remembers)
    {
        private TaskCompletionSource? _waiter;
        private bool _hasRung;

        public void Ring()
        {
            _hasRung = remembers;
            _waiter?.TrySetResult();
        }

        public async Task WaitAsync()
        {
            if (!_hasRung)
            {
                _waiter = new();
                await _waiter.Task;
                _waiter = null;
            }

            _hasRung = false;
        }
    }
}
