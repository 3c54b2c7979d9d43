using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// Calls code that is not Sockeye's (a callback, an observer, a listener of traces, another transport) where more has to be done,
/// whatever that code throws: the exception is logged once, and the caller goes on.
/// </summary>
internal static partial class OutsideCode
{
    extension(ILogger logger)
    {
        /// <param name="doing">What Sockeye does, as in "unbinding".</param>
        /// <param name="subject">With what.</param>
        /// <param name="call">What may throw.</param>
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

        /// <summary>It threw, and its caller goes on.</summary>
        public void LogOutsideException(Exception error, string doing, object? subject)
        {
            // Several callbacks of one token may throw: the line names the first, and its exception has all of them.
            var first = error;
            while (first is AggregateException { InnerException: { } inner })
                first = inner;
            LogThrew(logger, error, doing, subject, first.GetType().Name, GetMessage(first));
        }
    }

    /// <summary>An exception's message, which is also code: it may throw in its turn.</summary>
    public static string GetMessage(Exception error)
    {
        try
        {
            return error.Message;
        }
        catch (Exception)
        {
            return "its message cannot be read"; // What matters is the exception that this one hides, which the caller names.
        }
    }

    [LoggerMessage(1008, LogLevel.Error,
        "A callback, or code of another library, threw while {Doing} {Subject}; everything else goes on. {Error}: {Message}")]
    private static partial void LogThrew(
        ILogger logger, Exception exception, string doing, object? subject, string error, string message);
}
