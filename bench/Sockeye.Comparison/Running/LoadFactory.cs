using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Comparison.Load;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Running;

/// <summary>Makes the clients of a scenario.</summary>
internal sealed class LoadFactory(IConnectionFactory factory, TimeProvider time)
{
    public ILoad Create(Scenario scenario, ServerMode mode, EndPoint endpoint, LoadRecorder recorder)
    {
        // Servers that compare messages with bytes get the same bytes for both.
        byte[] Batch(int depth) => scenario.Modes.Any(one => one is ServerMode.Codec or ServerMode.Broadcast)
            ? Exchange.Frames(scenario.MessageSize, depth)
            : new byte[scenario.MessageSize * depth];
        return scenario.Kind switch
        {
            LoadKind.Ping => new PingLoad(
                factory, endpoint, recorder, scenario.Connections, Batch(scenario.Depth), scenario.Depth,
                scenario.GetTls(mode)),
            LoadKind.Stream => new StreamLoad(
                factory, endpoint, recorder, scenario.Connections, scenario.MessageSize, scenario.Depth),
            LoadKind.Connect => new ConnectLoad(
                factory, endpoint, recorder, scenario.Connections, Batch(1), scenario.GetTls(mode)),
            LoadKind.Broadcast => new BroadcastLoad(factory, endpoint, recorder, scenario.Connections, Batch(1), time),
            _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario.Kind, "It has no load."),
        };
    }
}
