using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Serialization;

namespace Sockeye.Orleans;

/// <summary>Prepares a silo for clusters of Sockeye.</summary>
public static class SiloBuilderClusterExtensions
{
    /// <param name="silo">The builder of the silo.</param>
    extension(ISiloBuilder silo)
    {
        /// <summary>Lets the silo be a node of clusters of Sockeye, and sets the membership of Orleans so that a node that dies
        /// or is cut off is gone for the others after 4 s at the latest.</summary>
        /// <returns>The builder.</returns>
        public ISiloBuilder UseSockeyeCluster() => silo.UseSockeyeCluster(TimeSpan.FromSeconds(4));

        /// <summary>Lets the silo be a node of clusters of Sockeye, and sets the membership of Orleans.</summary>
        /// <param name="nodeTimeout">The time after which a node that has died or is cut off is gone for the others, at the
        /// latest: 1 s to 10 minutes. The others take a process that pauses for more than half of this time for dead, and Orleans
        /// then ends it.</param>
        /// <returns>The builder.</returns>
        /// <exception cref="ArgumentOutOfRangeException">The timeout is out of range.</exception>
        public ISiloBuilder UseSockeyeCluster(TimeSpan nodeTimeout)
        {
            ArgumentNullException.ThrowIfNull(silo);
            OptionChecks.InRange(nodeTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), nameof(nodeTimeout));
            silo.Services.Configure<ClusterMembershipOptions>(options => MembershipTiming.Apply(options, nodeTimeout));
            if (silo.Services.Any(service => service.ServiceType == typeof(LocalEngines)))
                return silo;
            silo.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(SiloBuilderClusterExtensions).Assembly));
            silo.Services.AddSingleton<LocalEngines>();
            silo.Services.AddSingleton<HostedTopics>();
            silo.Services.AddSingleton<ClusterNodeClient>();
            silo.Services.AddGrainService<ClusterNodeService>();
            return silo;
        }
    }
}
