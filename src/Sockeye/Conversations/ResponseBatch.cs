using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Sockeye;

/// <summary>
/// Responses that are written together: those to requests that had arrived together. The first one waits for a millisecond at
/// most, and for no request that has not arrived. One caller at a time.
/// </summary>
internal sealed class ResponseBatch<TIn, TOut>(MessageConnection<TIn, TOut> messages) : IMessageSource<TOut>
{
    private const int MaxCount = 64;

    private static readonly TimeSpan MaxDelay = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider _time = Scheduling.GetTimeProvider(messages.Connection);
    private readonly Queue<TOut> _responses = new();
    private long _start;
    private Exception? _rejected;

    public bool IsEmpty => _responses.Count == 0;

    /// <summary>Adds a response. Returns whether the batch must be written now.</summary>
    public bool Add(TOut response)
    {
        NullMessage.ThrowIfNull(response);
        if (_responses.Count == 0)
            _start = _time.GetTimestamp();
        _responses.Enqueue(response);
        return _responses.Count >= MaxCount || _time.GetElapsedTime(_start) >= MaxDelay;
    }

    /// <summary>Writes the responses.</summary>
    /// <exception cref="FrameException">A response could not be encoded. The others are written.</exception>
    public ValueTask WriteAsync()
    {
        if (_responses.Count == 0)
            return default;
        var write = messages.Writer.WriteAsync(this);
        if (!write.IsCompletedSuccessfully)
            return AwaitAsync(write);
        write.GetAwaiter().GetResult();
        ThrowIfRejected();
        return default;
    }

    bool IMessageSource<TOut>.TryTake([MaybeNullWhen(false)] out TOut message) => _responses.TryDequeue(out message);

    void IMessageSource<TOut>.OnRejected(Exception error) => _rejected ??= error;

    private async ValueTask AwaitAsync(ValueTask write)
    {
        await write;
        ThrowIfRejected();
    }

    private void ThrowIfRejected()
    {
        if (_rejected is { } error)
            ExceptionDispatchInfo.Throw(error);
    }
}
