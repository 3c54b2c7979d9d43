namespace Sockeye.Clustering;

/// <summary>The content of the queues of an engine to other nodes at one moment.</summary>
/// <param name="Frames">The number of frames that wait.</param>
/// <param name="Bytes">The number of bytes that wait.</param>
/// <param name="DroppedFrames">The number of frames that were lost because a queue was full, since the start.</param>
public readonly record struct ClusterEngineQueues(long Frames, long Bytes, long DroppedFrames);
