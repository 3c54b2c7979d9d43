namespace Sockeye.Cli.Tests.Bench;

/// <summary>Windows of two servers on a machine whose speed changes: slowly, as other programs come and go, from window to
/// window, and sometimes by far. The same seed gives the same windows.</summary>
/// <param name="seed">The seed.</param>
/// <param name="noise">The standard deviation of one window.</param>
internal sealed class NoisyMachine(int seed, double noise)
{
    private const double Memory = 0.9;
    private const double OutlierShare = 0.05;

    private readonly Random _random = new(seed);
    private double _drift;

    /// <summary>The number of windows that were measured.</summary>
    public int Windows { get; private set; }

    /// <summary>Returns the windows of a server whose answers cost this many times 20 µs.</summary>
    public MeasureWindow Serve(double cost) => (plan, _) =>
    {
        Windows++;
        // Over some windows, the drift is as large as the noise of one.
        _drift = (Memory * _drift) + (Math.Sqrt(1 - (Memory * Memory)) * noise * NextNormal());
        var outlier = _random.NextDouble() < OutlierShare ? _random.NextDouble() : 0;
        var micros = 20 * cost * Math.Exp(_drift + (noise * NextNormal()) + outlier);
        return Task.FromResult(new CompareWindow(IsOpen: true, 1e6 / micros, MeanMs: 0, P99Ms: 0, ServerCpuUs: micros));
    };

    private double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
