using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Sockeye;

/// <summary>The messages of an asynchronous enumeration, for one call that writes them.</summary>
/// <remarks>The lock orders a writer that still takes messages after a cancellation, and the end of the enumeration.</remarks>
internal sealed class EnumeratedMessages<TMessage>(
    IAsyncEnumerable<TMessage> messages, CancellationToken cancellationToken) : IMessageSource<TMessage>
{
    private readonly Lock _lock = new();
    private readonly IAsyncEnumerator<TMessage> _each = messages.GetAsyncEnumerator(cancellationToken);
    private ExceptionDispatchInfo? _rejected;
    private Task<bool>? _advance;
    private bool _hasCurrent;
    private bool _isOver;

    /// <summary>Writes messages until the enumeration ends. Those that are available are sent together.</summary>
    public async ValueTask WriteAsync(MessageWriter<TMessage> writer)
    {
        try
        {
            _hasCurrent = await _each.MoveNextAsync();
            while (_hasCurrent)
            {
                await writer.WriteAsync(this, cancellationToken);
                _rejected?.Throw();
                if (_advance is { } advance)
                {
                    _advance = null;
                    _hasCurrent = await advance;
                }
            }
        }
        finally
        {
            lock (_lock)
                _isOver = true;
            // An enumerator must not be disposed while it moves.
            if (_advance is { } advance)
                await advance.WithoutThrowing();
            await _each.DisposeAsync();
        }
    }

    public bool TryTake([MaybeNullWhen(false)] out TMessage message)
    {
        lock (_lock)
        {
            message = default;
            if (!_hasCurrent || _isOver || _rejected is not null || cancellationToken.IsCancellationRequested)
                return false;
            message = _each.Current;
            var advance = _each.MoveNextAsync();
            if (advance.IsCompletedSuccessfully)
                _hasCurrent = advance.Result;
            else
                (_hasCurrent, _advance) = (false, advance.AsTask());
            return true;
        }
    }

    public void OnRejected(Exception error) => _rejected = ExceptionDispatchInfo.Capture(error);
}
