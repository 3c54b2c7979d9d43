namespace Sockeye;

/// <summary>A decoder that watches the messages of each connection.</summary>
internal interface IConnectionDecoder<TMessage>
{
    /// <summary>Starts to watch a message connection. Returns null if there is nothing to watch in the messages.</summary>
    IMessageMonitor<TMessage>? Attach(object messages);
}

/// <summary>Watches the messages of one connection before its reader gets them.</summary>
internal interface IMessageMonitor<TMessage>
{
    /// <summary>Returns whether the message is for the connection itself, and hidden from its reader.</summary>
    bool Hides(TMessage message);
}
