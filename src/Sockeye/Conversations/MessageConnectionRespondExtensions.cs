using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extensions that respond to the requests of a peer.</summary>
public static class MessageConnectionRespondExtensions
{
    extension<TIn, TOut>(MessageConnection<TIn, TOut> messages)
    {
        /// <summary>
        /// Reads requests until the peer ends its side or a stop of the server is requested, calls the function for each, and
        /// writes the responses. The task completes when all responses are written.
        /// </summary>
        /// <param name="respond">Returns the response to a request. Its token fires when the connection is closed, when the
        /// response to another request of the connection failed, or with the token of this call.</param>
        /// <param name="onError">Returns the response to a request for which <paramref name="respond"/> threw. Default: null, the
        /// exception is thrown here, which ends the connection.</param>
        /// <param name="options">The number of requests at a time, and the order of the responses. Default: one at a
        /// time.</param>
        /// <param name="cancellationToken">Cancels the processing.</param>
        /// <exception cref="FrameException">The peer broke the codec's rules, or a response does.</exception>
        /// <exception cref="ConnectionResetException">The peer reset the connection.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public Task RespondAllAsync(
            Func<TIn, CancellationToken, ValueTask<TOut>> respond, Func<TIn, Exception, TOut>? onError = null,
            RespondOptions? options = null, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(messages);
            ArgumentNullException.ThrowIfNull(respond);
            return new ResponseLoop<TIn, TOut>(messages, respond, onError, (options ?? new()).TakeCopy())
                .RunAsync(cancellationToken);
        }
    }
}
