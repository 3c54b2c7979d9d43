using System.Globalization;

namespace Sockeye.Timers;

/// <summary>What it costs to watch many connections that go on as they are.</summary>
internal sealed record HeldCost(string Name, double Bytes, double Milliseconds, double WorstMilliseconds)
{
    private const int Seconds = 30;

    public static async Task<HeldCost> MeasureAsync(string name, IHolder holder)
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        holder.Start();
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        GC.Collect(); // Not while it is measured.
        var used = new List<double>();
        for (var i = 0; i < Seconds; i++)
        {
            var begun = Environment.CpuUsage.TotalTime;
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            used.Add((Environment.CpuUsage.TotalTime - begun).TotalMilliseconds);
        }

        holder.End();
        return new(name, (double)bytes / holder.Count, used.Average(), used.Max());
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"| {Name} | {Bytes:0} | {Milliseconds:0.0} | {WorstMilliseconds:0.0} |");
}
