namespace Sockeye.Linux;

/// <summary>A list of work in the order of adding. For one thread.</summary>
internal struct WorkList
{
    private IEngineWorkItem? _first;
    private IEngineWorkItem? _last;

    public readonly bool IsEmpty => _first is null;

    public void Add(IEngineWorkItem work)
    {
        work.NextWork = null;
        if (_last is null)
            _first = work;
        else
            _last.NextWork = work;
        _last = work;
    }

    /// <summary>Adds a list whose newest item is first.</summary>
    public void AddReversed(IEngineWorkItem? work)
    {
        IEngineWorkItem? inOrder = null;
        while (work is not null)
            (work.NextWork, inOrder, work) = (inOrder, work, work.NextWork);
        while (inOrder is { } next)
        {
            inOrder = next.NextWork;
            Add(next);
        }
    }

    public IEngineWorkItem? TryTake()
    {
        if (_first is not { } work)
            return null;
        _first = work.NextWork;
        if (_first is null)
            _last = null;
        work.NextWork = null;
        return work;
    }
}
