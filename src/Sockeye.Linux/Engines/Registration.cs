namespace Sockeye.Linux;

/// <summary>Waits on an engine thread for a descriptor that is no connection (yet): a listener's, or one that is
/// connecting.</summary>
/// <remarks>
/// Edge-triggered: told once when the descriptor becomes ready, and again only after it was not. The descriptor must stay open
/// until <see cref="StopAsync"/> has ended.
/// </remarks>
/// <param name="thread">Who waits.</param>
/// <param name="descriptor">For what.</param>
/// <param name="forWriting">Whether for room to write, or for something to read.</param>
/// <param name="onReady">Called on the engine thread: it must be quick.</param>
/// <param name="onBegun">Called on the engine thread, as quick: null, or, then or later, why the system refuses.</param>
internal sealed class Registration(
    EngineThread thread, int descriptor, bool forWriting, Action onReady, Action<Exception?> onBegun) : IEngineWorkItem
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _posted;
    private volatile bool _ending;
    private bool _isStarted;

    public int Descriptor => descriptor;

    public bool IsForWriting => forWriting;

    /// <summary>The engine's number for it.</summary>
    public ulong Token { get; set; }

    /// <summary>For the engine: nobody is to be told any more.</summary>
    public bool IsStopping { get; set; }

    public IEngineWorkItem? NextWork { get; set; }

    public void Start() => Post();

    /// <summary>From any thread, more than once.</summary>
    public Task StopAsync()
    {
        _ending = true;
        Post();
        return _ended.Task;
    }

    /// <summary>Called on the engine thread: it must be quick.</summary>
    public void OnReady() => onReady();

    /// <summary>The system refuses, which it told after the registration had begun.</summary>
    public void OnFailed(Exception error) => onBegun(error);

    /// <summary>The engine will not touch the descriptor any more.</summary>
    public void OnStopped() => _ended.TrySetResult();

    public void Run()
    {
        Interlocked.Exchange(ref _posted, 0);
        if (!_ending && !_isStarted)
        {
            TryStart();
        }
        else if (_ending && _isStarted)
        {
            _isStarted = false;
            thread.Deregister(this);
        }
        else if (_ending)
        {
            OnStopped();
        }
    }

    private void TryStart()
    {
        try
        {
            thread.RegisterSocket(this);
            _isStarted = true;
        }
        catch (Exception e) when (e is not EngineException)
        {
            onBegun(e);
            return;
        }

        onBegun(null);
    }

    private void Post()
    {
        if (Interlocked.Exchange(ref _posted, 1) == 0)
            thread.Post(this);
    }
}
