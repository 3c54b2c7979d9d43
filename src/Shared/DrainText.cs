using System.Globalization;

namespace Sockeye;

/// <summary>Describes the connections that a stopping server still has.</summary>
internal static class DrainText
{
    /// <summary>Returns a sentence without a full stop.</summary>
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
}
