namespace Sockeye;

/// <summary>Carries messages, and the descriptors beside them, between two processes of one machine.</summary>
/// <remarks>One caller sends and one receives at a time. Disposing it ends both.</remarks>
internal interface ITakeoverChannel : IAsyncDisposable
{
    /// <summary>Sends a message, after the ones before. It completes when the system has all of it: what the receiver reads
    /// before the end of the channel includes it, even if this process ends first. The handles stay the caller's.</summary>
    /// <exception cref="IOException">The other process has closed its end.</exception>
    Task SendAsync(TakeoverMessage message);

    /// <summary>Receives a message, which owns its handles; null when the other process has closed its end, by itself or because
    /// it has ended.</summary>
    /// <exception cref="InvalidDataException">The received bytes are not a message; the text says why, without a full
    /// stop.</exception>
    Task<TakeoverMessage?> ReceiveAsync();
}
