using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A call of a socket function that can be awaited repeatedly without allocation. One call at a time.</summary>
internal abstract class SocketOperation() : SocketAsyncEventArgs(true), IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _completion;

    protected short Version => _completion.Version;

    public int GetResult(short token) => _completion.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Prepares a call. It must precede the call, which may complete on another thread before it returns.</summary>
    protected void Prepare() => _completion.Reset();

    /// <summary>
    /// Returns a task for the number of bytes of a call that was started. If the call is not pending, it is complete.
    /// </summary>
    /// <exception cref="SocketException">The call is complete, and failed.</exception>
    protected ValueTask<int> ToValueTask(bool isPending)
    {
        if (isPending)
            return new(this, Version);
        ThrowIfFailed();
        return new(BytesTransferred);
    }

    protected void ThrowIfFailed()
    {
        if (SocketError is not SocketError.Success)
            throw new SocketException((int)SocketError);
    }

    protected sealed override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (SocketError is SocketError.Success)
            _completion.SetResult(BytesTransferred);
        else
            _completion.SetException(new SocketException((int)SocketError));
    }
}
