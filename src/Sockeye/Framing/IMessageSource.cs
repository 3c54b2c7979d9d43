using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Supplies messages to one writer, which encodes them in batches. Called by one thread at a time.</summary>
internal interface IMessageSource<TMessage>
{
    /// <summary>Takes the next message to write; false if there is none at present.</summary>
    bool TryTake([MaybeNullWhen(false)] out TMessage message);

    /// <summary>Reports that the message that was taken last could not be written. None of its bytes is sent.</summary>
    void OnRejected(Exception error);
}
