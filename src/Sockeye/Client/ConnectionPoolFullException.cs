namespace Sockeye;

/// <summary>
/// The exception that a pool throws when it has no free connection: too many callers wait already
/// (<see cref="ConnectionPoolOptions.MaxWaiters"/>), or none was returned in time
/// (<see cref="ConnectionPoolOptions.WaitTimeout"/>). The message names the limit.
/// </summary>
/// <param name="message">A sentence that names the pool's target and the limit.</param>
/// <param name="innerException">The error of the pool's last connect; null if it succeeded.</param>
public sealed class ConnectionPoolFullException(string message, Exception? innerException = null)
    : IOException(message, innerException);
