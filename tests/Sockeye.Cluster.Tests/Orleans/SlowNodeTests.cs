using Sockeye.Clustering.Tests.Support;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

[Collection(nameof(LocalSilos))]
public sealed class SlowNodeTests(LocalSilos silos) : IAsyncDisposable
{
    private const int MaxQueuedBytes = 64 * 1024;
    private static readonly byte[] Frame = new byte[10_000];

    private readonly List<TestNode> _nodes = [];
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _holding = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    [Fact]
    public async Task Slow_node_loses_frames_and_another_receives_all()
    {
        await StartAsync(SlowNodePolicy.Drop);
        HoldFrames(_nodes[1]);

        var (sent, lost) = (0, 0);
        while (lost < 5)
        {
            lost += _nodes[0].Engine.TryPublish("news", Frame) ? 0 : 1;
            await _nodes[2].Events.UntilFramesAsync(++sent);
        }

        Assert.True(_held <= 1, "One frame at a time is reported.");
        _released.SetResult();
        await _nodes[1].Events.UntilFramesAsync(sent - lost);
        await _nodes[0].RouteAsync(_nodes[1]);
        Assert.Equal(sent - lost, _nodes[1].Events.FrameCount);
        Assert.Equal(sent, _nodes[2].Events.FrameCount);
        Assert.Equal(lost, _nodes[0].Engine.GetQueues().DroppedFrames);
    }

    [Fact]
    public async Task Publisher_waits_for_room_until_the_slow_node_takes_frames()
    {
        await StartAsync(SlowNodePolicy.Wait);
        _nodes[2].Engine.Unsubscribe("news");
        HoldFrames(_nodes[1]);
        // With the first call on its way, and without an answer, what follows stays in the queue.
        _nodes[0].Engine.TryPublish("news", Frame);
        await _holding.Task;
        while (_nodes[0].Engine.TryPublish("news", Frame))
        {
        }

        var waiting = _nodes[0].Engine.WaitForSpaceAsync("news", TestContext.Current.CancellationToken).AsTask();
        Assert.False(waiting.IsCompleted);

        _released.SetResult();
        await waiting;
        Assert.True(_nodes[0].Engine.TryPublish("news", Frame));
    }

    public async ValueTask DisposeAsync()
    {
        _released.TrySetResult();
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private async Task StartAsync(SlowNodePolicy policy)
    {
        foreach (var silo in (await silos.GetAsync()).Take(3))
        {
            var node = await TestNode.StartDisconnectedAsync(
                new OrleansClusterEngine(silo.Services), $"slow-{policy}", $"n{_nodes.Count}", MaxQueuedBytes, policy);
            _nodes.Add(node);
            await node.SubscribeAsync("news");
        }

        await _nodes[0].RouteAsync("news", _nodes[1], _nodes[2]);
    }

    private void HoldFrames(TestNode node) => node.Events.OnEachFrame = _ =>
    {
        Interlocked.Increment(ref _held);
        _holding.TrySetResult();
        _released.Task.Wait(TestContext.Current.CancellationToken);
        Interlocked.Decrement(ref _held);
    };
}
