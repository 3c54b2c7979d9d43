using System.Globalization;

namespace Sockeye;

/// <summary>A minimum average rate at which a peer must send or accept data.</summary>
/// <param name="BytesPerSecond">The rate in bytes per second. Range: above 0.</param>
/// <param name="GracePeriod">The period over which the average is taken. Range: 1 s to 1 day. With a short period, a brief
/// disturbance of the network closes connections.</param>
public readonly record struct DataRate(double BytesPerSecond, TimeSpan GracePeriod)
{
    /// <summary>Returns the rate as text for logs.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{BytesPerSecond} bytes per second over {GracePeriod}");
}
