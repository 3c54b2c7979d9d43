using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Null is no message: no codec reads one, so none writes one.</summary>
internal static class NullMessage
{
    /// <summary>For messages that are structs it costs nothing.</summary>
    public static void ThrowIfNull<TMessage>(
        TMessage message, [CallerArgumentExpression(nameof(message))] string? name = null)
    {
        if (message is null)
            throw new ArgumentNullException(name, "Null is no message: write an empty one if that is meant.");
    }

    /// <summary>For one of several messages.</summary>
    public static void ThrowIfNull<TMessage>(TMessage message, int index, string name)
    {
        if (message is null)
            throw new ArgumentNullException(name, $"Message {index} of them is null: those before it are sent.");
    }
}
