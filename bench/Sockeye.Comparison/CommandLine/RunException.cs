namespace Sockeye.Comparison.CommandLine;

/// <summary>A run cannot be made or continued. The message gives the reason and the way out.</summary>
internal sealed class RunException(string message) : Exception(message);
