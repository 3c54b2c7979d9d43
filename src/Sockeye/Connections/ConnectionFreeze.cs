namespace Sockeye;

/// <summary>A connection's freeze: the wait for the end of operations in flight, and an end that was requested
/// meanwhile.</summary>
internal sealed class ConnectionFreeze
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DeferredEnd? _end;

    /// <summary>Whether the connection is frozen; false if it ended before.</summary>
    public Task<bool> Done => _done.Task;

    public void Complete(bool isFrozen) => _done.TrySetResult(isFrozen);

    /// <summary>Keeps the first end that is requested while the connection is frozen.</summary>
    public void Defer(CloseReason reason, bool reset) =>
        Interlocked.CompareExchange(ref _end, new(reason, reset), null); // A full fence: the caller reads the state afterwards.

    public DeferredEnd? TakeEnd() => Interlocked.Exchange(ref _end, null);

    internal sealed record DeferredEnd(CloseReason Reason, bool Reset);
}
