namespace Sockeye;

/// <summary>
/// A pool had no connection to give: too many callers wait already (<see cref="ConnectionPoolOptions.MaxWaiters"/>), or none came
/// free in time (<see cref="ConnectionPoolOptions.WaitTimeout"/>). The message tells which.
/// </summary>
/// <param name="message">A sentence that names the pool's target and the limit.</param>
public sealed class ConnectionPoolFullException(string message) : IOException(message);
