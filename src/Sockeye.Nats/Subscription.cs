namespace Sockeye.Nats;

/// <summary>A topic that the cluster has subscribed to. Guarded by the lock of its <see cref="SubscriptionTable"/>.</summary>
internal sealed class Subscription(string topic, string subject)
{
    private TaskCompletionSource? _waiters;
    private bool _isReady;

    public string Topic { get; } = topic;

    public string Subject { get; } = subject;

    /// <summary>The task that completes when the server has processed the subscription.</summary>
    public Task WhenReady => _isReady
        ? Task.CompletedTask
        : (_waiters ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void SetReady()
    {
        _isReady = true;
        _waiters?.TrySetResult();
        _waiters = null;
    }

    /// <summary>The connection is lost: later callers wait for the next one.</summary>
    public void SetUnready() => _isReady = false;

    public void Fail(Exception error)
    {
        _waiters?.TrySetException(error);
        _waiters = null;
    }
}
