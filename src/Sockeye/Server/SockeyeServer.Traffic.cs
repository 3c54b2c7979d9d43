namespace Sockeye;

public sealed partial class SockeyeServer
{
    /// <summary>Bytes that crossed all connections so far, closed ones included. Never less than before.</summary>
    internal (long Received, long Sent) Traffic
    {
        get
        {
            long received = 0, sent = 0;
            foreach (var gauge in _gauges)
            {
                var (into, outOf) = gauge.TotalTraffic();
                (received, sent) = (received + into, sent + outOf);
            }

            return (received, sent);
        }
    }
}
