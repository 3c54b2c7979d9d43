using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Rejects null messages: no codec reads null, so no codec writes it.</summary>
internal static class NullMessage
{
    /// <summary>Throws if the message is null. Compiles to nothing if the message is a struct.</summary>
    public static void ThrowIfNull<TMessage>(
        TMessage message, [CallerArgumentExpression(nameof(message))] string? name = null)
    {
        if (message is null)
            throw new ArgumentNullException(name, "A message cannot be null. Write an empty message instead.");
    }

    /// <summary>Throws if one of several messages is null.</summary>
    public static void ThrowIfNull<TMessage>(TMessage message, int index, string name)
    {
        if (message is null)
            throw new ArgumentNullException(name, $"Message {index} is null. The messages before it are sent.");
    }
}
