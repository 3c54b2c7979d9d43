using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>
/// A descriptor that an engine thread watches, and that has no connection yet: that of a listener, or one that is connecting.
/// </summary>
/// <remarks>
/// Edge-triggered: it notifies once when the descriptor becomes ready, and again after it was not ready. The descriptor must stay
/// open until <see cref="StopAsync"/> has ended.
/// </remarks>
/// <param name="thread">The engine thread.</param>
/// <param name="descriptor">The descriptor.</param>
/// <param name="isForWriting">Whether to wait until the descriptor is writable, rather than readable.</param>
/// <param name="onReady">Called on the engine thread; must be fast.</param>
/// <param name="onStarted">Called on the engine thread; must be fast. The argument is null, or the exception if the system
/// refuses, now or later.</param>
internal sealed class Registration(
    EngineThread thread, int descriptor, bool isForWriting, Action onReady, Action<Exception?> onStarted) : IEngineWorkItem
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isPosted;
    private volatile bool _isStopRequested;
    private State _state;

    private enum State
    {
        /// <summary>The engine does not know the registration, or has refused it.</summary>
        New,

        /// <summary>The engine waits for the descriptor.</summary>
        Started,

        /// <summary>The engine still uses the descriptor, but notifies no more.</summary>
        Stopping,

        /// <summary>The engine no longer uses the descriptor.</summary>
        Stopped,
    }

    public int Descriptor => descriptor;

    public bool IsForWriting => isForWriting;

    /// <summary>The engine's token for the registration.</summary>
    public ulong Token { get; set; }

    /// <summary>Whether the engine should stop notifications.</summary>
    public bool IsStopping => _state is State.Stopping;

    public IEngineWorkItem? NextWork { get; set; }

    public void Start() => Post();

    /// <summary>Stops the registration. Safe from any thread, more than once.</summary>
    public Task StopAsync()
    {
        _isStopRequested = true;
        Post();
        return _stopped.Task;
    }

    public void OnReady()
    {
        thread.AssertOnEngineThread();
        onReady();
    }

    /// <summary>Called when the system refuses after the registration had started.</summary>
    public void OnFailed(Exception error)
    {
        thread.AssertOnEngineThread();
        onStarted(error);
    }

    /// <summary>Called when the engine no longer uses the descriptor.</summary>
    public void OnStopped()
    {
        thread.AssertOnEngineThread();
        Debug.Assert(_state is State.New or State.Stopping, "The registration is not stopped yet.");
        _state = State.Stopped;
        _stopped.SetResult();
    }

    public void Run()
    {
        thread.AssertOnEngineThread();
        Interlocked.Exchange(ref _isPosted, 0);
        if (!_isStopRequested && _state is State.New)
        {
            TryStart();
        }
        else if (_isStopRequested && _state is State.Started)
        {
            _state = State.Stopping;
            thread.Deregister(this);
        }
        else if (_isStopRequested && _state is State.New)
        {
            OnStopped();
        }
    }

    private void TryStart()
    {
        try
        {
            thread.Register(this);
            _state = State.Started;
        }
        catch (Exception e) when (e is not EngineException)
        {
            onStarted(e);
            return;
        }

        onStarted(null);
    }

    private void Post()
    {
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
            thread.Post(this);
    }
}
