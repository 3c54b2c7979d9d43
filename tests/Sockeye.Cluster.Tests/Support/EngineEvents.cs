using System.Buffers;
using System.Text;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>Keeps what an engine reports, and lets a test wait for it.</summary>
internal sealed class EngineEvents : IClusterEngineEvents
{
    public const string ProbePrefix = "probe:";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<string> _frames = [];
    private readonly List<string> _probes = [];
    private readonly List<(bool IsConnected, string Detail)> _connections = [];
    private readonly List<string> _losses = [];
    private readonly List<ClusterNode> _up = [];
    private readonly List<ClusterNode> _down = [];
    private readonly List<(Func<bool> Condition, TaskCompletionSource Source)> _waits = [];

    /// <summary>Runs for each frame, on the thread of the engine.</summary>
    public Action<string>? OnEachFrame { get; set; }

    /// <summary>The frames as text, without those that only test a route.</summary>
    public IReadOnlyList<string> Frames => Copy(_frames);

    public IReadOnlyList<string> Probes => Copy(_probes);

    public int FrameCount
    {
        get
        {
            lock (_lock)
                return _frames.Count;
        }
    }

    public IReadOnlyList<(bool IsConnected, string Detail)> Connections => Copy(_connections);

    public IReadOnlyList<string> Losses => Copy(_losses);

    public IReadOnlyList<ClusterNode> Up => Copy(_up);

    public IReadOnlyList<ClusterNode> Down => Copy(_down);

    public void OnFrame(in ReadOnlySequence<byte> frame)
    {
        var text = Encoding.UTF8.GetString(frame);
        if (text.StartsWith(ProbePrefix, StringComparison.Ordinal))
        {
            Add(_probes, text);
            return;
        }

        OnEachFrame?.Invoke(text);
        Add(_frames, text);
    }

    public void OnNodeUp(ClusterNode node) => Add(_up, node);

    public void OnNodeDown(ClusterNode node) => Add(_down, node);

    public void OnConnectionChanged(bool isConnected, string detail) => Add(_connections, (isConnected, detail));

    public void OnLoss(string cause) => Add(_losses, cause);

    /// <summary>Waits until the condition, about what this object holds, is true.</summary>
    public async Task UntilAsync(Func<EngineEvents, bool> condition, string what)
    {
        TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (condition(this))
                return;
            _waits.Add((() => condition(this), source));
        }

        try
        {
            await source.Task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"It did not happen in {Limit.TotalSeconds} s: {what}. Frames: {Frames.Count}, " +
                $"connections: {string.Join("; ", Connections)}, losses: {string.Join("; ", Losses)}");
        }
    }

    public Task UntilConnectedAsync(int times = 1) => UntilAsync(
        events => events.Connections.Count(change => change.IsConnected) >= times, $"connected {times} times");

    public Task UntilFramesAsync(int count) => UntilAsync(events => events.FrameCount >= count, $"{count} frames");

    public Task UntilFrameAsync(string text) => UntilAsync(events => events.Frames.Contains(text), $"the frame '{text}'");

    private void Add<T>(List<T> list, T item)
    {
        List<TaskCompletionSource> ready = [];
        lock (_lock)
        {
            list.Add(item);
            for (var i = _waits.Count - 1; i >= 0; i--)
            {
                if (!_waits[i].Condition())
                    continue;
                ready.Add(_waits[i].Source);
                _waits.RemoveAt(i);
            }
        }

        ready.ForEach(source => source.TrySetResult());
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_lock)
            return [.. list];
    }
}
