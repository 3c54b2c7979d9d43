namespace Sockeye.Testing;

/// <summary>
/// The exception of a run that failed, or that broke the rules that make it repeatable. Its message has the seed and the last
/// events.
/// </summary>
/// <param name="message">The description of the failure.</param>
/// <param name="innerException">The exception that the test threw.</param>
public sealed class SimulationException(string message, Exception? innerException = null) : Exception(message, innerException);
