namespace Sockeye.Hosting;

/// <summary>A service whose presence means that servers listen on the sockets of systemd.</summary>
internal sealed class SystemdMarker;
