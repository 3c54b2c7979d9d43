namespace Sockeye.Admin;

internal static class ServerLoadExtensions
{
    extension(ServerLoad load)
    {
        /// <summary>The signs of saturation that a planned stop does not explain.</summary>
        public IEnumerable<SaturationSign> UnplannedSigns =>
            load.Signs.Where(sign => !load.IsStopping || sign.Kind is not SaturationKind.NotListening);
    }
}
