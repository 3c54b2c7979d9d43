namespace Sockeye.Linux;

/// <summary>Work for an engine thread from other threads: a stack that the engine thread takes as a whole.</summary>
internal sealed class InjectionQueue
{
    private IEngineWorkItem? _top;

    public bool IsEmpty => Volatile.Read(ref _top) is null;

    /// <summary>From any thread. A full fence: who looks at the engine's state afterwards does so after the work is
    /// there.</summary>
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

    /// <summary>On the engine thread.</summary>
    public void DrainTo(ref WorkList list)
    {
        if (!IsEmpty)
            list.AddReversed(Interlocked.Exchange(ref _top, null));
    }
}
