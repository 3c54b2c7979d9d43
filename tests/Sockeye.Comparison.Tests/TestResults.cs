using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Tests;

/// <summary>Results as a run would have them.</summary>
internal static class TestResults
{
    public static ScenarioResult Result(string scenario, params RowResult[] rows) =>
        new(ScenarioList.All.First(one => one.Name == scenario), rows);

    /// <summary>A server with one window a figure, in µs of processor time per message.</summary>
    public static RowResult Row(string contestant, params double[] cpu) => RowWithLoad(0.5, contestant, cpu);

    /// <summary>The same, with the load generator so busy.</summary>
    public static RowResult RowWithLoad(double loadBusy, string contestant, params double[] cpu)
    {
        var row = new RowResult(ContestantList.Find(contestant)!, ServerMode.Echo, NamesMode: false);
        row.Windows.AddRange(cpu.Select((value, index) => new WindowSample
        {
            Round = index + 1,
            Seconds = 1,
            Messages = 1000,
            ServerCpuSeconds = value / 1000,
            LoadCpuSeconds = loadBusy,
            P50 = 100,
        }));
        return row;
    }
}
