using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Sockeye.Linux;

/// <summary>The one wait at an end of a connection's pipes, a reader's for data or a writer's for room, and the lock of that
/// end.</summary>
/// <remarks>
/// <para>Allocates nothing. After true from <see cref="TryEndLocked"/> or <see cref="TryCancelLocked"/> the caller must call
/// <see cref="Complete"/>, where handlers run. Must not be copied.</para>
/// <para>The lock is private to the end: handlers hold the pipes, and may lock them for as long as they like.</para>
/// <para>A second task that uses the same end at the same time gets an <see cref="InvalidOperationException"/> from its own call.
/// <see cref="GetStatus"/> and <see cref="OnCompleted"/> never throw, because what they throw is rethrown by the runtime on the
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

        /// <summary>The wait is over; <see cref="Complete"/> is due.</summary>
        Ended,

        /// <summary>The result can be taken.</summary>
        Completed,
    }

    /// <summary>Guards the end of the pipe that this wait belongs to.</summary>
    public Lock Lock { get; } = new();

    public readonly bool IsWaiting
    {
        get
        {
            AssertLocked();
            return _phase is Phase.Waiting;
        }
    }

    /// <summary>Whether a task was handed out whose result is still to be taken. A task that was dropped does not count once it
    /// has completed.</summary>
    public readonly bool IsPending
    {
        get
        {
            AssertLocked();
            return _phase is Phase.Waiting or Phase.Ended || (_phase is Phase.Completed && _isAwaited);
        }
    }

    /// <summary>Starts to wait; gives the version for the task that is handed out.</summary>
    /// <param name="owner">The end of the pipe.</param>
    /// <param name="onCancelled">Called with the owner and the token when the token fires; it takes the lock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public short BeginLocked(object owner, Action<object?, CancellationToken> onCancelled, CancellationToken cancellationToken)
    {
        AssertLocked();
        Debug.Assert(!IsPending, "A new wait must not take the place of one that is awaited.");
        _cancelling.Unregister(); // Of a task that was dropped. Dispose would wait for a callback that wants the lock.
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
        Debug.Assert(!_isCancelled, "A wait ends once.");
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

    /// <summary>Runs the continuation, if there is one by now, on this thread.</summary>
    public void Complete()
    {
        AssertLockIsFree();
        lock (Lock)
        {
            Debug.Assert(_phase is Phase.Ended, "Only a wait that has ended is completed, and once.");
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

    /// <summary>Must be called before <see cref="TakeLocked"/>: it waits for a cancellation under way, which takes the
    /// lock.</summary>
    public readonly void StopCancelling(short version)
    {
        AssertLockIsFree();
        if (version == _core.Version)
            _cancelling.Dispose();
    }

    /// <summary>Takes the result, once.</summary>
    /// <exception cref="InvalidOperationException">There is none, or another task has taken it.</exception>
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

    /// <summary>A task that is out of date has the status of a failed one: <see cref="TakeLocked"/> says why.</summary>
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

    /// <summary>A second continuation, or one of a task that is out of date, runs on the thread pool, where
    /// <see cref="TakeLocked"/> throws.</summary>
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

        // Without the lock: the core hands the continuation to the caller's context at once. No new wait can start until it ran.
        if (isCurrent)
            _core.OnCompleted(continuation, state, version, flags);
        else
            ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
    }

    [Conditional("DEBUG")]
    private readonly void AssertLockIsFree() =>
        Debug.Assert(!Lock.IsHeldByCurrentThread, "A handler, or a callback that takes the lock, must not run under it.");

    [Conditional("DEBUG")]
    private readonly void AssertLocked() =>
        Debug.Assert(Lock.IsHeldByCurrentThread, "An end of a pipe changes under its lock only.");
}
