using System.Threading.Tasks.Sources;

namespace Sockeye.Linux;

/// <summary>The one wait at an end of a connection's pipes: a reader's for data, a writer's for room. Allocates
/// nothing.</summary>
/// <remarks>
/// Under the lock of that end, but for what says otherwise. Whoever gets true from <see cref="TryEnd"/> or
/// <see cref="TryCancel"/> must make the one who waits go on: by <see cref="Complete"/>, where handlers run. Must not be copied.
/// </remarks>
internal struct PipeWait()
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = false };
    private CancellationToken _token;
    private CancellationTokenRegistration _cancelling;
    private bool _isCancelled;

    public bool IsWaiting { get; private set; }

    /// <summary>Begins to wait; gives the version for the task that is handed out.</summary>
    /// <param name="owner">The end of the pipe.</param>
    /// <param name="onCancelled">Told, with the owner and the token, when the token fires; it takes the lock.</param>
    /// <param name="cancellationToken">What gives the wait up.</param>
    public short Begin(object owner, Action<object?, CancellationToken> onCancelled, CancellationToken cancellationToken)
    {
        _core.Reset();
        (IsWaiting, _isCancelled) = (true, false);
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _cancelling = cancellationToken.UnsafeRegister(onCancelled, owner);
        }

        return _core.Version;
    }

    public bool TryEnd()
    {
        var wasWaiting = IsWaiting;
        IsWaiting = false;
        return wasWaiting;
    }

    public bool TryCancel(CancellationToken token) => token == _token && TryEnd() && (_isCancelled = true);

    /// <summary>Without the lock: whoever waits goes on here.</summary>
    public void Complete() => _core.SetResult(true);

    /// <summary>Without the lock, before <see cref="ThrowIfCancelled"/>: a cancelling under way takes the lock.</summary>
    public readonly void StopCancelling() => _cancelling.Dispose();

    public void ThrowIfCancelled(short version)
    {
        _core.GetResult(version);
        _cancelling = default;
        if (_isCancelled)
            throw new OperationCanceledException(_token);
    }

    public readonly ValueTaskSourceStatus GetStatus(short version) => _core.GetStatus(version);

    public void OnCompleted(
        Action<object?> continuation, object? state, short version, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, version, flags);
}
