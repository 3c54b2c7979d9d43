using System.Buffers;

namespace Sockeye.Clustering;

/// <summary>Receives what an engine reports. The cluster implements it. No member throws, waits, or blocks for long.</summary>
/// <remarks>An engine calls <see cref="OnFrame"/> in the order in which the frames of one node arrive; frames of different nodes
/// may be reported at the same time.</remarks>
public interface IClusterEngineEvents
{
    /// <summary>A frame has arrived from another node.</summary>
    /// <param name="frame">The frame, which is valid during the call.</param>
    void OnFrame(in ReadOnlySequence<byte> frame);

    /// <summary>Another node exists, for an engine with <see cref="IClusterEngine.HasMembership"/>.</summary>
    /// <param name="node">The node.</param>
    void OnNodeUp(ClusterNode node);

    /// <summary>A node no longer exists, for an engine with <see cref="IClusterEngine.HasMembership"/>. It never comes back: a
    /// restarted node has another incarnation.</summary>
    /// <param name="node">The node.</param>
    void OnNodeDown(ClusterNode node);

    /// <summary>The engine has, or no longer has, what it needs to reach other nodes.</summary>
    /// <param name="isConnected">Whether frames can be sent and received.</param>
    /// <param name="detail">One line for people: the server that it is connected to, or why it is not.</param>
    void OnConnectionChanged(bool isConnected, string detail);

    /// <summary>Frames to or from this node may be lost: the cluster compares numbers with all other nodes.</summary>
    /// <param name="cause">One line for people.</param>
    void OnLoss(string cause);
}
