namespace Sockeye;

public sealed partial class SockeyeServer
{
    /// <summary>Bytes that crossed connections so far, closed ones included; those of endpoints that a reload has removed, until
    /// they are drained.</summary>
    internal (long Received, long Sent) Traffic
    {
        get
        {
            long received = 0, sent = 0;
            foreach (var listener in _listeners.Concat(_drains.Keys))
            {
                var (into, outOf) = listener.Gauge?.TotalTraffic() ?? default;
                (received, sent) = (received + into, sent + outOf);
            }

            return (received, sent);
        }
    }
}
