using System.Threading.Channels;

namespace Sockeye;

/// <summary>Reads the messages of the peer, and passes each to its request, or to the reader of pushes.</summary>
internal sealed class RequestReader<TRequest, TResponse>(
    MessageConnection<TResponse, TRequest> messages, RequestQueue<TRequest, TResponse> queue,
    RequestSender<TRequest, TResponse> sender, RequestDeadlines deadlines, RequestRules<TRequest, TResponse> rules,
    RequestOptions options)
{
    private readonly Channel<TResponse> _pushes = Channel.CreateBounded<TResponse>(
        new BoundedChannelOptions(options.MaxQueuedPushes) { SingleWriter = true, AllowSynchronousContinuations = false });

    public ChannelReader<TResponse> Pushes => _pushes.Reader;

    /// <summary>Reads until the connection ends. Returns the reason.</summary>
    public async Task<RequestException> RunAsync()
    {
        try
        {
            await ReadAsync();
            return CreateEndError(null);
        }
        catch (Exception error)
        {
            // An exception of the connection is known there; another one comes from a function of the user.
            if (messages.CloseReason is null)
            {
                messages.Connection.Abort(CloseReason.Local(
                    CloseCause.HandlerError,
                    $"a rule of the requests threw {error.GetType().Name}: {SentenceText.TrimFullStop(error.Message)}", error));
            }

            return CreateEndError(error);
        }
    }

    public void EndPushes() => _pushes.Writer.TryComplete();

    private async Task ReadAsync()
    {
        await using var reading = messages.ReadAllAsync(ReadUntil.PeerEnds).GetAsyncEnumerator();
        while (true)
        {
            // While messages are there, requests of callers that continue are held back, and then sent together.
            var next = reading.MoveNextAsync();
            if (!next.IsCompleted)
                ReleaseSending();
            if (!await next)
                return;
            queue.HoldSending();
            var delivery = DeliverAsync(reading.Current);
            if (!delivery.IsCompletedSuccessfully)
            {
                ReleaseSending();
                await delivery;
            }
        }
    }

    private void ReleaseSending()
    {
        if (queue.ReleaseSending())
            sender.Start(inline: options.UnsafeContinueInline);
    }

    private ValueTask DeliverAsync(TResponse message)
    {
        var id = rules.Ids is { } ids ? ids.Read(message) : 0;
        if (id is null || rules.IsPush?.Invoke(message) is true)
            return PushAsync(message);
        if (!queue.TryMatch(id.Value, out var request))
            throw UnexpectedError(id.Value);
        if (request is null)
            return default;
        if (!request.HasStream)
            return request.DeliverAsync(message, isLast: true);
        return DeliverToStreamAsync(request, message);
    }

    private async ValueTask DeliverToStreamAsync(PendingRequest<TRequest, TResponse> request, TResponse message)
    {
        var isLast = request.IsLast(message);
        // The time in which the reader of the stream does not keep up is not the peer's.
        if (!queue.OnStreamResponse(request, isLast))
            return;
        await request.DeliverAsync(message, isLast);
        if (isLast)
            return;
        var deadline = deadlines.GetDeadline(request.Timeout);
        queue.SetDeadline(request, deadline);
        deadlines.Arm(deadline);
    }

    private ValueTask PushAsync(TResponse message)
    {
        if (rules.OnPush is { } handler)
            return handler(message);
        if (_pushes.Writer.TryWrite(message))
            return default;
        var explanation = new Explanation(
            $"{options.MaxQueuedPushes} pushes of the peer wait, the maximum", nameof(options.MaxQueuedPushes),
            ": read them with ReadPushesAsync, or set OnPush");
        messages.Connection.Abort(CloseReason.Local(CloseCause.Limit, explanation));
        throw new IOException($"{explanation}.");
    }

    private FrameException UnexpectedError(long id)
    {
        var error = new FrameException(
            FrameError.Malformed,
            rules.Ids is null
                ? "The peer sent a response, but no request was sent that it could answer."
                : $"The peer sent a response with id {id}, but no request has had that id.");
        messages.Connection.Abort(new CloseReason(
            ClosedBy.Peer, CloseCause.ProtocolError, CloseDirection.Both, error.Message, error));
        return error;
    }

    private RequestException CreateEndError(Exception? error)
    {
        var connection = messages.Connection;
        var reason = messages.CloseReason?.Description ?? error?.Message ?? "the peer ended its side";
        return new(
            RequestError.ConnectionEnded, mayHaveBeenDone: false,
            $"Connection {connection.ConnectionId} to {connection.RemoteEndPoint} has ended: {SentenceText.TrimFullStop(reason)}",
            error ?? messages.CloseReason?.Exception);
    }
}
