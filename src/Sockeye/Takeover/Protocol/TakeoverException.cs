namespace Sockeye;

/// <summary>A takeover that did not take place. The message is a sentence that says why.</summary>
internal sealed class TakeoverException(TakeoverFailure failure, string message, Exception? inner = null)
    : IOException(message, inner)
{
    public TakeoverFailure Failure => failure;
}

internal enum TakeoverFailure
{
    /// <summary>The other process has ended.</summary>
    Gone,

    /// <summary>The other process did not answer in time.</summary>
    Silent,

    /// <summary>The other process refused, with a sentence.</summary>
    Refused,

    /// <summary>The other process sent what the protocol does not allow.</summary>
    Broken,
}
