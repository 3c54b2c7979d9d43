using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// Calls code that is not Sockeye's (a callback, an observer, a listener of traces, another transport) in places that must
/// continue if it throws: the exception is logged once, and the caller continues.
/// </summary>
internal static partial class OutsideCode
{
    extension(ILogger logger)
    {
        /// <param name="doing">The operation of Sockeye, for the log, such as "unbinding".</param>
        /// <param name="subject">The object of the operation, for the log.</param>
        /// <param name="call">The code that may throw.</param>
        public void Guard(string doing, object? subject, Action call)
        {
            try
            {
                call();
            }
            catch (Exception error)
            {
                logger.LogOutsideException(error, doing, subject);
            }
        }

        /// <inheritdoc cref="Guard"/>
        public async Task GuardAsync(string doing, object? subject, Func<ValueTask> call)
        {
            try
            {
                await call();
            }
            catch (Exception error)
            {
                logger.LogOutsideException(error, doing, subject);
            }
        }

        /// <summary>Logs an exception of outside code, after which the caller continues.</summary>
        public void LogOutsideException(Exception error, string doing, object? subject)
        {
            // Several callbacks of one token may throw: the message names the first, and the logged exception has all of them.
            var first = error;
            while (first is AggregateException { InnerException: { } inner })
                first = inner;
            LogThrew(logger, error, doing, subject, first.GetType().Name, GetMessage(first));
        }
    }

    /// <summary>Returns the message of an exception. The property is also outside code, which may throw.</summary>
    public static string GetMessage(Exception error)
    {
        try
        {
            return error.Message;
        }
        catch (Exception)
        {
            return "its message cannot be read"; // The caller logs the original exception, which is the one that matters.
        }
    }

    [LoggerMessage(1008, LogLevel.Error,
        "A callback, or code of another library, threw while {Doing} {Subject}; everything else continues. {Error}: {Message}")]
    private static partial void LogThrew(
        ILogger logger, Exception exception, string doing, object? subject, string error, string message);
}
