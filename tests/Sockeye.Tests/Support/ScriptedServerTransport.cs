using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>A transport for servers whose clients, failures and threads are the test's.</summary>
internal sealed class ScriptedServerTransport
    : PipeScheduler, IConnectionListenerFactory, ISchedulingTransport, IBlockingTransport
{
    private readonly Queue<(Action<object?> Action, object? State)> _held = new();
    private bool _holds;

    public ScriptedListener Listener { get; } = new();

    public List<BlockingHandler> Blocking { get; } = [];

    /// <summary>What is scheduled runs at once: for a clock that passes faster than a thread of the pool comes.</summary>
    public bool RunsInline { get; init; }

    /// <summary>How much is scheduled that no thread comes to.</summary>
    public int HeldCount
    {
        get
        {
            lock (_held)
                return _held.Count;
        }
    }

    PipeScheduler ISchedulingTransport.Scheduler => this;

    IReadOnlyList<BlockingHandler> IBlockingTransport.BlockingHandlers => Blocking;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(Listener);

    /// <summary>From now on no thread comes to what is scheduled.</summary>
    public void HoldThreads() => _holds = true;

    /// <summary>All that is held runs, here and now.</summary>
    public void ReleaseThreads()
    {
        _holds = false;
        while (TryTake() is { } work)
            work();
    }

    public override void Schedule(Action<object?> action, object? state)
    {
        lock (_held)
        {
            if (_holds)
            {
                _held.Enqueue((action, state));
                return;
            }
        }

        if (RunsInline)
            action(state);
        else
            ThreadPool.Schedule(action, state);
    }

    private Action? TryTake()
    {
        lock (_held)
            return _held.TryDequeue(out var work) ? () => work.Action(work.State) : null;
    }
}
