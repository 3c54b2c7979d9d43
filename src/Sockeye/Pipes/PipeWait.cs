using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>
/// The wait at an end of a connection's pipes, of a reader for data or of a writer for room, and the lock of that end.
/// </summary>
/// <remarks>
/// <para>Allocates nothing. If <see cref="TryEndLocked"/> or <see cref="TryCancelLocked"/> returns true, the caller must call
/// <see cref="Complete"/> on the thread of handlers. Must not be copied.</para>
/// <para>The lock is private to the end, because handlers have the pipes and may lock them for any time.</para>
/// <para>If a second task uses the same end at the same time, its call throws an <see cref="InvalidOperationException"/>.
/// <see cref="GetStatus"/> and <see cref="OnCompleted"/> never throw, because the runtime would rethrow the exception on the
/// thread pool, where it ends the process.</para>
/// </remarks>
internal struct PipeWait()
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = false };
    private CancellationToken _token;
    private CancellationTokenRegistration _cancelling;
    private Phase _phase;
    private bool _isCancelled;
    private bool _isAwaited;

    private enum Phase : byte
    {
        /// <summary>There is no wait, or its result was taken.</summary>
        None,

        /// <summary>The wait has not ended.</summary>
        Waiting,

        /// <summary>The wait has ended; <see cref="Complete"/> is due.</summary>
        Ended,

        /// <summary>The result can be taken.</summary>
        Completed,
    }

    /// <summary>The lock of the end of the pipe to which this wait belongs.</summary>
    public Lock Lock { get; } = new();

    public readonly bool IsWaiting
    {
        get
        {
            AssertLocked();
            return _phase is Phase.Waiting;
        }
    }

    /// <summary>
    /// Whether the result of a returned task was not taken yet. A dropped task does not count once it has completed.
    /// </summary>
    public readonly bool IsPending
    {
        get
        {
            AssertLocked();
            return _phase is Phase.Waiting or Phase.Ended || (_phase is Phase.Completed && _isAwaited);
        }
    }

    /// <summary>Starts a wait, and returns the version for its task.</summary>
    /// <param name="owner">The end of the pipe.</param>
    /// <param name="onCancelled">Called with the owner and the token when the token fires; it takes the lock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public short BeginLocked(object owner, Action<object?, CancellationToken> onCancelled, CancellationToken cancellationToken)
    {
        AssertLocked();
        Debug.Assert(!IsPending, "No other wait is in progress.");
        _cancelling.Unregister(); // The registration of a dropped task. Dispose would wait for a callback that needs the lock.
        _core.Reset();
        (_phase, _isCancelled, _isAwaited, _token, _cancelling) = (Phase.Waiting, false, false, cancellationToken, default);
        if (cancellationToken.CanBeCanceled)
            _cancelling = cancellationToken.UnsafeRegister(onCancelled, owner);
        return _core.Version;
    }

    public bool TryEndLocked()
    {
        AssertLocked();
        if (!IsWaiting)
            return false;
        Debug.Assert(!_isCancelled, "The wait was not cancelled.");
        _phase = Phase.Ended;
        return true;
    }

    public bool TryCancelLocked(CancellationToken token)
    {
        AssertLocked();
        if (token != _token || !TryEndLocked())
            return false;
        _isCancelled = true;
        return true;
    }

    /// <summary>Runs the continuation, if there is one, on this thread.</summary>
    public void Complete()
    {
        AssertLockIsFree();
        lock (Lock)
        {
            Debug.Assert(_phase is Phase.Ended, "The wait has ended, and is not completed.");
            _phase = Phase.Completed;
            if (!_isAwaited)
            {
                // Under the lock, so that no new wait starts in between. There is no continuation to run.
                _core.SetResult(true);
                return;
            }
        }

        _core.SetResult(true);
    }

    /// <summary>
    /// Waits for a cancellation in progress, which takes the lock. Must be called before <see cref="TakeLocked"/>.
    /// </summary>
    public readonly void StopCancelling(short version)
    {
        AssertLockIsFree();
        if (version == _core.Version)
            _cancelling.Dispose();
    }

    /// <summary>Takes the result, once.</summary>
    /// <exception cref="InvalidOperationException">There is no result, or another task has taken it.</exception>
    /// <exception cref="OperationCanceledException">The token has fired.</exception>
    public void TakeLocked(short version)
    {
        AssertLocked();
        _core.GetResult(version);
        if (_phase is not Phase.Completed)
            throw new InvalidOperationException("The result was taken already: one task at a time may use this end of a pipe.");
        (_phase, _cancelling) = (Phase.None, default);
        if (_isCancelled)
            throw new OperationCanceledException(_token);
    }

    /// <summary>Returns the status. An outdated task counts as failed, and <see cref="TakeLocked"/> throws the reason.</summary>
    public readonly ValueTaskSourceStatus GetStatus(short version)
    {
        try
        {
            return _core.GetStatus(version);
        }
        catch (InvalidOperationException)
        {
            return ValueTaskSourceStatus.Faulted;
        }
    }

    /// <summary>
    /// Sets the continuation. A second one, or one of an outdated task, runs on the thread pool, where <see cref="TakeLocked"/>
    /// throws.
    /// </summary>
    public void OnCompleted(
        Action<object?> continuation, object? state, short version, ValueTaskSourceOnCompletedFlags flags)
    {
        bool isCurrent;
        lock (Lock)
        {
            isCurrent = version == _core.Version && _phase is not Phase.None && !_isAwaited;
            if (isCurrent)
            {
                _isAwaited = true;
                if (_phase is not Phase.Completed)
                {
                    _core.OnCompleted(continuation, state, version, flags);
                    return;
                }
            }
        }

        // Without the lock, because the core may pass the continuation to the caller's context at once. No new wait can start
        // before it has run.
        if (isCurrent)
            _core.OnCompleted(continuation, state, version, flags);
        else
            ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
    }

    [Conditional("DEBUG")]
    private readonly void AssertLockIsFree() =>
        Debug.Assert(!Lock.IsHeldByCurrentThread, "Handlers and callbacks run outside the lock.");

    [Conditional("DEBUG")]
    private readonly void AssertLocked() =>
        Debug.Assert(Lock.IsHeldByCurrentThread, "The lock of the end is held.");
}
