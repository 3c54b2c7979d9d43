using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>The next message of a connection, or the end of its messages.</summary>
/// <typeparam name="TMessage">The message.</typeparam>
public readonly struct MessageReadResult<TMessage>
{
    private readonly TMessage _message;
    private readonly bool _hasMessage;

    internal MessageReadResult(TMessage message) => (_message, _hasMessage) = (message, true);

    /// <summary>Gets whether the messages have ended: there is no message.</summary>
    public bool IsCompleted => !_hasMessage;

    /// <summary>Gets the message.</summary>
    /// <exception cref="EndOfStreamException">The messages have ended.</exception>
    public TMessage Message => _hasMessage
        ? _message
        : throw new EndOfStreamException("The peer ended its side, or a stop was requested, before another message came.");

    /// <summary>Gets the message, if there is one.</summary>
    /// <param name="message">The message; the default value if the method returns false.</param>
    /// <returns>True if there is a message; false if the messages have ended.</returns>
    public bool TryGetMessage([MaybeNullWhen(false)] out TMessage message)
    {
        message = _message;
        return _hasMessage;
    }
}
