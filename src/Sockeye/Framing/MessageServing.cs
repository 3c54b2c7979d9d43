namespace Sockeye;

/// <summary>Runs a handler of messages on one connection.</summary>
internal static class MessageServing
{
    /// <summary>Lets messages that are written in a loop over messages wait for each other.</summary>
    /// <returns>The messages.</returns>
    public static TConnection Batched<TConnection>(this TConnection messages)
        where TConnection : IServedMessages
    {
        messages.EnableBatching();
        return messages;
    }

    /// <summary>Runs the handler, and then ends the messages. The server ends the connection. The handler gets the messages only,
    /// so those that it writes may wait for each other.</summary>
    public static async Task ServeAsync<TConnection>(this TConnection messages, Func<TConnection, Task> handler)
        where TConnection : IServedMessages
    {
        messages.Batched().EnableMoving();
        try
        {
            await (messages.Cork is { } cork ? cork.RunBurst(messages, handler) : handler(messages));
        }
        finally
        {
            await messages.ReleaseAsync();
        }
    }
}

/// <summary>The messages of a connection that its handler uses and its server ends.</summary>
internal interface IServedMessages
{
    /// <summary>Lets messages that the handler writes wait for each other. Null if the handler may use the bytes of the
    /// connection.</summary>
    WriteCork? Cork { get; }

    /// <summary>Creates <see cref="Cork"/>.</summary>
    void EnableBatching();

    /// <summary>Lets the connection move between two messages, if its endpoint allows it.</summary>
    void EnableMoving();

    /// <summary>Ends the messages, and leaves closing the connection to its owner. Safe to call more than once.</summary>
    ValueTask ReleaseAsync();
}
