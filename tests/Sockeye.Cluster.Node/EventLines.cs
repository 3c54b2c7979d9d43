using System.Buffers;
using System.Text;

namespace Sockeye.Clustering.Node;

/// <summary>Writes each event as a line.</summary>
internal sealed class EventLines : IClusterEngineEvents
{
    public void OnFrame(in ReadOnlySequence<byte> frame) => Console.WriteLine($"frame {Encoding.UTF8.GetString(frame)}");

    public void OnNodeUp(ClusterNode node) => Console.WriteLine($"up {node}");

    public void OnNodeDown(ClusterNode node) => Console.WriteLine($"down {node}");

    public void OnConnectionChanged(bool isConnected, string detail) => Console.WriteLine($"connected {isConnected} {detail}");

    public void OnLoss(string cause) => Console.WriteLine($"loss {cause}");
}
