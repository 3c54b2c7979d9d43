using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Sockeye;

/// <summary>A call of a socket function that can be awaited again and again without allocating. One at a time.</summary>
internal abstract class SocketOperation() : SocketAsyncEventArgs(true), IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _completion;

    protected short Version => _completion.Version;

    public int GetResult(short token) => _completion.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Before the call: it may complete, on another thread, before it returns.</summary>
    protected void Prepare() => _completion.Reset();

    /// <summary>The bytes of the call, which has begun or, if it is not pending, is done.</summary>
    /// <exception cref="SocketException">It is done and failed.</exception>
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
