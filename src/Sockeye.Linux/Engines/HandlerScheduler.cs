using System.IO.Pipelines;

namespace Sockeye.Linux;

/// <summary>Begins handlers where handlers go on, if the one who asks is there already: without a way through the thread
/// pool.</summary>
internal sealed class HandlerScheduler : PipeScheduler
{
    public static HandlerScheduler Instance { get; } = new();

    public override void Schedule(Action<object?> action, object? state)
    {
        var start = new HandlerStart(action, state);
        if (HandlerQueue.Current is { } queue)
            queue.AddFromHandler(start);
        else if (EngineThread.Current is { Setup.RunsInline: true } engine)
            engine.Post(start);
        else
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(start, preferLocal: false);
    }

    private sealed class HandlerStart(Action<object?> action, object? state) : IThreadPoolWorkItem, IEngineWork
    {
        public IEngineWork? NextWork { get; set; }

        public void Execute() => action(state);

        public void Work() => EngineThread.Current!.Continue(null, this);
    }
}
