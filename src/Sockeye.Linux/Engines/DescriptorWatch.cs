namespace Sockeye.Linux;

/// <summary>Waits on an engine thread for a descriptor that is no connection (yet): a listener's, or one that is
/// connecting.</summary>
/// <remarks>
/// Edge-triggered: told once when the descriptor becomes ready, and again only after it was not. The descriptor must stay open
/// until <see cref="EndAsync"/> has ended.
/// </remarks>
internal sealed class DescriptorWatch(EngineThread thread, int descriptor, bool forWriting, Action onReady) : IEngineWork
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _posted;
    private volatile bool _ending;
    private bool _begun;

    public int Descriptor => descriptor;

    public bool ForWriting => forWriting;

    /// <summary>The engine's number for it.</summary>
    public ulong Number { get; set; }

    /// <summary>For the engine: nobody is to be told any more.</summary>
    public bool IsEnding { get; set; }

    public IEngineWork? NextWork { get; set; }

    public void Begin() => Post();

    /// <summary>From any thread, more than once.</summary>
    public Task EndAsync()
    {
        _ending = true;
        Post();
        return _ended.Task;
    }

    /// <summary>Called on the engine thread: it must be quick.</summary>
    public void OnReady() => onReady();

    /// <summary>The engine will not touch the descriptor any more.</summary>
    public void OnEnded() => _ended.TrySetResult();

    public void Work()
    {
        Interlocked.Exchange(ref _posted, 0);
        if (!_ending && !_begun)
        {
            _begun = true;
            thread.Begin(this);
        }
        else if (_ending && _begun)
        {
            _begun = false;
            thread.End(this);
        }
        else if (_ending)
        {
            OnEnded();
        }
    }

    private void Post()
    {
        if (Interlocked.Exchange(ref _posted, 1) == 0)
            thread.Post(this);
    }
}
