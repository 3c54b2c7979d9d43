namespace Sockeye.Orleans;

internal static class SiloStatuses
{
    extension(SiloStatus status)
    {
        /// <summary>Whether a silo can make and receive calls. A silo that shuts down still does.</summary>
        public bool CanCall => status
            is SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping;
    }
}
