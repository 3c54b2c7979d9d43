using Sockeye.Comparison.Measuring;
using Sockeye.Fleet.Processes;

namespace Sockeye.Fleet.Running;

/// <summary>Processor time of the parts of a fleet, and of the whole machine.</summary>
internal readonly record struct CpuSample(TimeSpan Nodes, TimeSpan Broker, TimeSpan Clients, TimeSpan Machine, long At)
{
    private static readonly int[] Processors = [.. Enumerable.Range(0, Environment.ProcessorCount)];

    public static CpuSample Take(NodeFleet fleet, TimeProvider time) => new(
        fleet.NodeTime(), fleet.Broker.ProcessorTime(), fleet.ClientTime(), ProcessorUse.Read(Processors), time.GetTimestamp());

    /// <summary>What was used since an earlier sample.</summary>
    public CpuUse Since(CpuSample before, TimeProvider time)
    {
        var seconds = time.GetElapsedTime(before.At, At).TotalSeconds;
        var own = Nodes + Broker + Clients - before.Nodes - before.Broker - before.Clients;
        var others = Math.Max(0, (Machine - before.Machine - own).TotalSeconds);
        return new(
            (Nodes - before.Nodes).TotalSeconds, (Broker - before.Broker).TotalSeconds,
            (Clients - before.Clients).TotalSeconds, others / (seconds * Processors.Length));
    }
}

/// <summary>Processor time of one measurement.</summary>
/// <param name="Nodes">All nodes together, in seconds.</param>
/// <param name="Broker">In seconds.</param>
/// <param name="Clients">In seconds.</param>
/// <param name="Others">The part of all processors that other programs had, from 0 to 1.</param>
internal readonly record struct CpuUse(double Nodes, double Broker, double Clients, double Others);
