using System.Globalization;

namespace Sockeye.Hosting;

/// <summary>What is left of a server that is being stopped as planned, in words.</summary>
internal static class Drain
{
    /// <summary>A sentence without a full stop.</summary>
    public static string Describe(ServerLoad load)
    {
        var (left, time) = (load.Connections, load.StopTimeLeft ?? TimeSpan.Zero);
        if (left == 0)
            return "no connections are left";
        var what = left == 1 ? "1 connection is left to drain" : $"{left} connections are left to drain";
        if (time == Timeout.InfiniteTimeSpan)
            return $"{what}, for as long as that takes (ShutdownTimeout is infinite)";
        if (time == TimeSpan.Zero)
            return $"{what} and {(left == 1 ? "is" : "are")} being aborted";
        var seconds = time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        return $"{what}; any that is still open in {seconds} s is aborted (ShutdownTimeout)";
    }

    /// <summary>The signs that do not come from the stop itself.</summary>
    public static IEnumerable<SaturationSign> OtherSigns(ServerLoad load) =>
        load.Signs.Where(sign => !load.IsStopping || sign.Kind is not SaturationKind.NotListening);
}
