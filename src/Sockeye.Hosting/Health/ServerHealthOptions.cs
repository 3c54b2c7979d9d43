namespace Sockeye.Hosting;

/// <summary>When a server's health check says what.</summary>
public sealed class ServerHealthOptions
{
    /// <summary>
    /// From which <see cref="SaturationSign.Level"/> on the server is degraded, default 0.8. Range: 0.5 (at each sign) to 1 (only
    /// where clients fail). A low one warns early, and also of peaks that pass.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public double DegradedLevel
    {
        get;
        set => field = value is >= 0.5 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(DegradedLevel), value, "DegradedLevel must be 0.5 to 1.");
    } = 0.8;
}
