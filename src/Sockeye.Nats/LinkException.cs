namespace Sockeye.Nats;

/// <summary>A connection attempt failed. The message is one line for people.</summary>
internal sealed class LinkException(string message, Exception? innerException = null) : Exception(message, innerException);
