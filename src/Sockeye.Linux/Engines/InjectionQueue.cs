namespace Sockeye.Linux;

/// <summary>Work for an engine thread from other threads: a stack that the engine thread takes as a whole.</summary>
internal sealed class InjectionQueue
{
    private IEngineWorkItem? _top;

    public bool IsEmpty => Volatile.Read(ref _top) is null;

    /// <summary>
    /// Adds work. Safe from any thread. A full fence: later reads of the engine's state come after the work is in the queue.
    /// </summary>
    public void Push(IEngineWorkItem work)
    {
        var top = Volatile.Read(ref _top);
        while (true)
        {
            work.NextWork = top;
            var seen = Interlocked.CompareExchange(ref _top, work, top);
            if (ReferenceEquals(seen, top))
                return;
            top = seen;
        }
    }

    /// <summary>Moves all work to the list of the engine thread, in the order of the calls of <see cref="Push"/>.</summary>
    public void DrainTo(ref WorkList list)
    {
        if (!IsEmpty)
            list.AddReversed(Interlocked.Exchange(ref _top, null));
    }
}
