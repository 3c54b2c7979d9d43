namespace Sockeye;

/// <summary>Extensions that send requests on a message connection.</summary>
public static class MessageConnectionRequestExtensions
{
    extension<TIn, TOut>(MessageConnection<TIn, TOut> messages)
    {
        /// <summary>Starts to read the messages of the connection, as responses to requests.</summary>
        /// <param name="configure">Changes the rules by which messages are matched. Default: responses come in the order of the
        /// requests.</param>
        /// <param name="options">The limits. Default: those of a new <see cref="RequestOptions"/>.</param>
        /// <returns>The connection for requests. Disposing it disposes the message connection.</returns>
        public RequestConnection<TOut, TIn> AsRequests(
            Action<RequestRules<TOut, TIn>>? configure = null, RequestOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(messages);
            var rules = new RequestRules<TOut, TIn>();
            configure?.Invoke(rules);
            return messages.AsRequests(rules, (options ?? new()).TakeCopy());
        }

        internal RequestConnection<TOut, TIn> AsRequests(RequestRules<TOut, TIn> rules, RequestOptions options) =>
            new(messages, OptionCopier.ShallowCopy(rules), options);
    }
}
