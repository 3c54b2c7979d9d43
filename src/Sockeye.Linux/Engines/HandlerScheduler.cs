using System.IO.Pipelines;

namespace Sockeye.Linux;

/// <summary>Starts handlers on the thread of the caller's engine, if the caller runs there, to avoid the thread pool.</summary>
/// <remarks>
/// Only a transport with inline handlers starts them on an engine thread. A caller on such a thread may schedule work of another
/// server: the admin page runs on one, and reads a server that has none.
/// </remarks>
internal sealed class HandlerScheduler : PipeScheduler, IWorkItemScheduler
{
    private readonly bool _isInline;

    private HandlerScheduler(bool isInline) => _isInline = isInline;

    public static HandlerScheduler HandlerThread { get; } = new(isInline: false);

    public static new HandlerScheduler Inline { get; } = new(isInline: true);

    public override void Schedule(Action<object?> action, object? state) => Queue(new HandlerStart(action, state));

    public void Queue(IThreadPoolWorkItem item)
    {
        if (HandlerQueue.Current is { } queue)
            queue.AddFromHandler(item);
        else if (_isInline && EngineThread.Current is { Setup.RunsHandlersInline: true } engine)
            engine.StartInline(null, item);
        else
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
    }

    private sealed class HandlerStart(Action<object?> action, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => action(state);
    }
}
