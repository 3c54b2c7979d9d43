namespace Sockeye;

/// <summary>
/// A pool had no connection to give: too many callers wait already (<see cref="ConnectionPoolOptions.MaxWaiters"/>), or none came
/// free in time (<see cref="ConnectionPoolOptions.WaitTimeout"/>). The message tells which.
/// </summary>
/// <param name="message">A sentence that names the pool's target and the limit.</param>
/// <param name="innerException">Why the pool could not connect when it last tried; null if it could.</param>
public sealed class ConnectionPoolFullException(string message, Exception? innerException = null)
    : IOException(message, innerException);
