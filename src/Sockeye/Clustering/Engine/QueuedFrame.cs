namespace Sockeye.Clustering;

/// <summary>A frame of a <see cref="FrameOutbox{TDestination}"/>. Its reader disposes it when it is sent.</summary>
/// <typeparam name="TDestination">The data that the reader needs.</typeparam>
public readonly struct QueuedFrame<TDestination> : IDisposable
{
    private readonly PooledBuffer? _buffer;

    internal QueuedFrame(TDestination destination, PooledBuffer buffer)
    {
        Destination = destination;
        _buffer = buffer;
    }

    /// <summary>Gets the data that the reader needs.</summary>
    public TDestination Destination { get; }

    /// <summary>Gets the frame, which is valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer?.WrittenMemory ?? default;

    /// <summary>Returns the memory to the pool. Call it once.</summary>
    public void Dispose() => _buffer?.Release();
}
