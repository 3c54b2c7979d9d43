using System.Globalization;

namespace Sockeye;

/// <summary>The least a peer has to move, on an average over a time.</summary>
/// <param name="BytesPerSecond">Above 0.</param>
/// <param name="GracePeriod">What the average is taken over, and so the time a slow peer has at least. 1 s to one day; short ones
/// take a hiccup of the network for an attack.</param>
public readonly record struct DataRate(double BytesPerSecond, TimeSpan GracePeriod)
{
    /// <summary>As logs name it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{BytesPerSecond} bytes per second over {GracePeriod}");
}
