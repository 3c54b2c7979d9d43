namespace Sockeye.Testing;

/// <summary>
/// A run that failed, or that broke the rules that make it repeatable. The message tells the seed, and what happened.
/// </summary>
/// <param name="message">What is wrong.</param>
/// <param name="innerException">What the test threw.</param>
public sealed class SimulationException(string message, Exception? innerException = null) : Exception(message, innerException);
