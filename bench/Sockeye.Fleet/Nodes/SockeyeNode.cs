using System.Net;
using Sockeye.Nats;

namespace Sockeye.Fleet.Nodes;

/// <summary>A chat server on Sockeye, in a cluster on NATS.</summary>
internal sealed class SockeyeNode : INode
{
    private readonly Cluster _cluster;
    private readonly SendCounter _sends;

    private SockeyeNode(Cluster cluster, int port, SendCounter sends) => (_cluster, Port, _sends) = (cluster, port, sends);

    public int Port { get; }

    public int? OtherNodes => _cluster.OtherNodes.Count;

    public SendCounts? Sends => _sends.Counts;

    public static async Task<INode> StartAsync(string name, string broker, TimeProvider time)
    {
        var cluster = await Cluster.StartAsync(options =>
        {
            options.NodeName = name;
            options.AddMessage(ChatCodec.Instance);
            options.UseNats(broker);
            options.OnNodeChanged = change =>
                Console.WriteLine($"{NodeCommand.Event} {change.Kind} {change.Node.Name} {time.GetTimestamp()}");
        });
        var sends = new SendCounter();
        var server = await SockeyeServer.StartAsync(options =>
        {
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
                .Run(ChatCodec.Instance, connection => ServeAsync(connection, cluster, sends));
        });
        return new SockeyeNode(cluster, ((IPEndPoint)server.EndPoints[0]).Port, sends);
    }

    private static async Task ServeAsync(MessageConnection<ChatLine> connection, Cluster cluster, SendCounter sends)
    {
        ClusterGroup<ChatLine>? group = null;
        await foreach (var line in connection.ReadAllAsync())
        {
            switch (line.To)
            {
                case null:
                    group?.Broadcast(line);
                    break;
                case "":
                    cluster.Register(connection, line.From.Length == 0 ? null : line.From);
                    var name = line.Text.TrimStart(GroupNames.Outside);
                    group = name.Length == 0 ? null : cluster.Group<ChatLine>(name);
                    if (name == line.Text)
                        group?.Join(connection);
                    break;
                default:
                    sends.Add(await cluster.SendToUserAsync(line.To, line with { To = null }));
                    break;
            }
        }
    }
}
