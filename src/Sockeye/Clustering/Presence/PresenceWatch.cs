using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The changes that one reader of a watch has not read. Safe to call from any thread; one reader.</summary>
internal sealed class PresenceWatch(int maxChanges)
{
    private readonly Lock _lock = new();
    private readonly Queue<PresenceChange> _changes = new();
    private TaskCompletionSource? _reader;
    private bool _isOverflown;

    public void Add(PresenceChange change)
    {
        TaskCompletionSource? reader;
        lock (_lock)
        {
            if (_isOverflown)
                return; // The reader begins again with what is known then.
            if (_changes.Count == maxChanges)
            {
                _changes.Clear();
                _isOverflown = true;
            }
            else
            {
                _changes.Enqueue(change);
            }

            (reader, _reader) = (_reader, null);
        }

        reader?.TrySetResult();
    }

    /// <summary>Takes the next change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="hasOverflown">Whether changes were dropped: the reader has to begin again.</param>
    public bool TryTake(out PresenceChange change, out bool hasOverflown)
    {
        lock (_lock)
        {
            hasOverflown = _isOverflown;
            return _changes.TryDequeue(out change);
        }
    }

    /// <summary>Begins again after changes were dropped. Called while no change is added: those that follow are later than what
    /// is known now.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            Debug.Assert(_isOverflown && _changes.Count == 0, "Only a watch that has dropped changes begins again.");
            _isOverflown = false;
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource reader;
        lock (_lock)
        {
            if (_changes.Count > 0 || _isOverflown)
                return;
            Debug.Assert(_reader is null or { Task.IsCompleted: true }, "One reader waits at a time.");
            _reader = reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using var cancelling = cancellationToken.UnsafeRegister(
            static (reader, token) => ((TaskCompletionSource)reader!).TrySetCanceled(token), reader);
        await reader.Task;
    }
}
