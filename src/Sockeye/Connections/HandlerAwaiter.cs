using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>
/// Awaits an operation of a socket. A handler that is ready runs on the same thread as soon as the operation waits, which saves a
/// change of threads.
/// </summary>
/// <remarks>The operation continues on any thread, even if the handler blocks this one.</remarks>
/// <param name="operation">The operation.</param>
/// <param name="handler">The handler. Null if none is ready.</param>
/// <param name="connection">Schedules the handler if it may not run here.</param>
internal readonly struct HandlerAwaiter(ValueTask<bool> operation, IThreadPoolWorkItem? handler, StreamConnection connection)
    : ICriticalNotifyCompletion
{
    private readonly ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _awaiter =
        operation.ConfigureAwait(connection.Options.KeepsContext).GetAwaiter();

    /// <summary>Whether the operation has completed. If not, the caller continues by <see cref="UnsafeOnCompleted"/>.</summary>
    public bool IsCompleted
    {
        get
        {
            if (!_awaiter.IsCompleted)
                return false;
            if (handler is not null)
                connection.ScheduleHandler(handler); // This thread has more to receive or to send.
            return true;
        }
    }

    public HandlerAwaiter GetAwaiter() => this;

    public bool GetResult() => _awaiter.GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        connection.OnReceiveWaits();
        _awaiter.UnsafeOnCompleted(continuation);
        if (handler is not null)
            connection.RunHandler(handler);
    }
}
