namespace Sockeye.Fleet.Processes;

/// <summary>The run cannot go on; the message says why, and what helps.</summary>
internal sealed class FleetException(string message) : Exception(message);
