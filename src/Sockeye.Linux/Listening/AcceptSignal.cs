using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Sockeye.Linux;

/// <summary>Wakes the accept that waits for clients. If none waits, the signal is kept for the next one.</summary>
/// <remarks>One waiter at a time; safe to set from any thread. Waiting allocates nothing.</remarks>
internal sealed class AcceptSignal : IValueTaskSource, IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _wait;
    private bool _isSet;
    private bool _isWaiting;
    private CancellationToken _cancelled;

    /// <param name="thread">The engine thread that sets the signal, if one does. The waiter resumes where the thread's handlers
    /// run.</param>
    public void Set(EngineThread? thread = null)
    {
        lock (_lock)
        {
            _isSet = !_isWaiting;
            if (_isSet)
                return;
            _isWaiting = false;
        }

        if (thread is not null)
            thread.Resume(null, this);
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        ValueTask waiting;
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return;
            }

            Debug.Assert(!_isWaiting, "One accept waits at a time.");
            _wait.Reset();
            (_isWaiting, _cancelled) = (true, default);
            waiting = new(this, _wait.Version);
        }

        using (cancellationToken.UnsafeRegister(static (signal, token) => ((AcceptSignal)signal!).Cancel(token), this))
            await waiting.ConfigureAwait(false);
    }

    void IThreadPoolWorkItem.Execute() => _wait.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        _wait.GetResult(token);
        _cancelled.ThrowIfCancellationRequested();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (_lock)
        {
            if (!_isWaiting)
                return;
            (_isWaiting, _cancelled) = (false, token);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
