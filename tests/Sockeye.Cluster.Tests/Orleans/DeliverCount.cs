namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Counts the calls of a silo to others that carry frames, and all its other calls of clusters.</summary>
internal sealed class DeliverCount : IOutgoingGrainCallFilter
{
    private int _frames;
    private int _topics;

    public int Frames => Volatile.Read(ref _frames);

    public int Topics => Volatile.Read(ref _topics);

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.MethodName == "DeliverAsync")
            Interlocked.Increment(ref _frames);
        if (context.InterfaceName.Contains("ITopicGrain", StringComparison.Ordinal))
            Interlocked.Increment(ref _topics);
        return context.Invoke();
    }
}
