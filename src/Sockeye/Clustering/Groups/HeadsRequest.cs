namespace Sockeye.Clustering;

/// <summary>Asks a node for the heads of topics. <see cref="GroupHeads"/> has the format.</summary>
internal static class HeadsRequest
{
    /// <summary>The number of a request for one topic, besides those of the beats.</summary>
    public const ulong OneTopic = FrameReader.MaxCount;

    /// <param name="link">The cluster.</param>
    /// <param name="node">The node.</param>
    /// <param name="request">The number of the request, which the answer repeats.</param>
    /// <param name="topics">The topics, each with the beat at which its earlier head is asked for; 0 for no beat.</param>
    public static void Send(
        ClusterLink link, ClusterNode node, ulong request, params ReadOnlySpan<(string Name, ulong Beat)> topics)
    {
        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.HeadsRequest);
        writer.WriteNumber(request);
        foreach (var (name, beat) in topics)
        {
            writer.WriteFixed(TopicHash.Compute(name));
            writer.WriteNumber(beat);
        }

        link.Send(node, frame);
        frame.Release();
    }
}
