namespace Sockeye.Comparison.Servers;

/// <summary>A server cannot run here. The message is a sentence without a full stop that says why.</summary>
internal sealed class UnavailableException(string message) : Exception(message);
