using Orleans.Configuration;

namespace Sockeye.Orleans;

/// <summary>The relation between the time after which a silent node is gone and the settings of Orleans' membership.</summary>
/// <remarks>
/// A silo probes others once in each probe timeout. One that dies right after a probe misses the next one after one timeout, and
/// <c>NumMissedProbesLimit</c> probes take one timeout each: the process may be cut off, so that each probe waits for its whole
/// timeout. Another timeout is for the last probe, which passes through another silo, for the votes in the table, and for the
/// spreading of the result.
/// </remarks>
internal static class MembershipTiming
{
    private const int MissedProbes = 3;

    /// <summary>The first probe, and the spreading of the result.</summary>
    private const int OtherTimeouts = 2;

    public static void Apply(ClusterMembershipOptions options, TimeSpan nodeTimeout)
    {
        var probe = nodeTimeout / (MissedProbes + OtherTimeouts);
        options.ProbeTimeout = probe;
        // Orleans adapts the timeout to the response times of a silo. Here it is fixed, so that both times are known: the one
        // that a process may pause, and the one that its death takes.
        options.MinProbeTimeout = probe;
        options.MaxProbeTimeout = probe;
        options.NumMissedProbesLimit = MissedProbes;
    }

    /// <summary>Returns the time after which a silo that dies is gone, at the latest, if the table can be written.</summary>
    public static TimeSpan GetDetectionTimeout(ClusterMembershipOptions options) =>
        options.MaxProbeTimeout * (options.NumMissedProbesLimit + OtherTimeouts);
}
