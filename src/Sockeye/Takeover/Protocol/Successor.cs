namespace Sockeye;

/// <summary>The end of a takeover that serves at its end.</summary>
/// <remarks>
/// While it has not promised to serve (<c>Complete</c>), it may give up at any step by closing its end of the channel. It serves
/// a connection after its commit only. If the predecessor ends at any step, it is left, and serves.
/// </remarks>
/// <param name="channel">The channel, which the caller disposes.</param>
/// <param name="server">The server that gets the listeners and connections.</param>
/// <param name="processId">The id of this process.</param>
/// <param name="time">The clock of deadlines.</param>
/// <param name="stepTimeout">The maximum time that the predecessor has for each of its messages.</param>
/// <param name="onStep">Called at each step. It may end the process.</param>
internal sealed class Successor(
    ITakeoverChannel channel,
    ISuccessorServer server,
    int processId,
    TimeProvider time,
    TimeSpan stepTimeout,
    Action<TakeoverStep>? onStep = null)
{
    private readonly TakeoverConversation _conversation = new(channel, "predecessor", time, stepTimeout);
    private readonly List<HandedListener> _received = [];
    private IReadOnlyList<PreparedConnection> _prepared = [];
    private bool _hasAttached;

    /// <summary>The id of the predecessor, as it says; 0 before it has.</summary>
    public int PredecessorId { get; private set; }

    /// <summary>The number of connections that this process took.</summary>
    public int Moved { get; private set; }

    /// <summary>Takes over. When the task completes, this process serves alone.</summary>
    /// <returns>Whether the predecessor did its part to the end; false if it has ended before, and left what it had not handed
    /// over.</returns>
    /// <exception cref="TakeoverException">The predecessor continues to serve, and this process does not accept. What it has
    /// accepted before, and the connections that have moved, are its own.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RunCoreAsync(cancellationToken);
        }
        catch (TakeoverException error) when (error.Failure is TakeoverFailure.Gone)
        {
            DiscardPrepared(); // The predecessor owned them when it ended.
            if (!_hasAttached)
                await AttachAsync();
            return false;
        }
        catch (Exception error)
        {
            await GiveUpAsync(error);
            throw;
        }
        finally
        {
            _conversation.Abandon();
        }
    }

    private async Task<bool> RunCoreAsync(CancellationToken cancellationToken)
    {
        onStep?.Invoke(TakeoverStep.Connected);
        await _conversation.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, processId), cancellationToken);
        var hello = await _conversation.ExpectAsync<TakeoverMessage.Hello>(cancellationToken);
        PredecessorId = hello.ProcessId;
        onStep?.Invoke(TakeoverStep.Greeted);
        await _conversation.SendAsync(new TakeoverMessage.Ask(), cancellationToken);
        await ReceiveListenersAsync(cancellationToken);
        onStep?.Invoke(TakeoverStep.ListenersReceived);
        await AttachAsync();
        onStep?.Invoke(TakeoverStep.Attached);
        await _conversation.SendAsync(new TakeoverMessage.Accepting(), cancellationToken);
        onStep?.Invoke(TakeoverStep.AcceptingSent);
        await _conversation.ExpectAsync<TakeoverMessage.Stopped>(cancellationToken);
        onStep?.Invoke(TakeoverStep.PredecessorStopped);

        var message = await _conversation.ReceiveAsync(cancellationToken);
        for (; message is TakeoverMessage.Offer offer; message = await _conversation.ReceiveAsync(cancellationToken))
            await TakeAsync(offer, cancellationToken);
        if (message is not TakeoverMessage.Done)
        {
            message.Dispose();
            throw new TakeoverException(
                TakeoverFailure.Broken, $"The predecessor sent {message.GetType().Name} where connections, or the end, come.");
        }

        onStep?.Invoke(TakeoverStep.DoneReceived);
        await _conversation.SendSurelyAsync(new TakeoverMessage.Complete());
        onStep?.Invoke(TakeoverStep.CompleteSent);
        // The predecessor closes the channel at once. It may also refuse, if it has lost its patience just before.
        await _conversation.WaitForEndAsync(CancellationToken.None);
        return true;
    }

    private async Task ReceiveListenersAsync(CancellationToken cancellationToken)
    {
        for (var isLast = false; !isLast;)
        {
            var listeners = await _conversation.ExpectAsync<TakeoverMessage.Listeners>(cancellationToken);
            _received.AddRange(listeners.Items);
            isLast = listeners.IsLast;
        }
    }

    private async Task AttachAsync()
    {
        _hasAttached = true;
        await server.AttachAsync(_received);
    }

    private async Task TakeAsync(TakeoverMessage.Offer offer, CancellationToken cancellationToken)
    {
        onStep?.Invoke(TakeoverStep.OfferReceived);
        var prepared = offer.Items.Select(server.Prepare).ToList();
        _prepared = [.. prepared.Where(connection => connection.Refusal is null)];
        RefusedConnection[] refused =
        [
            .. prepared.Index().Where(one => one.Item.Refusal is not null)
                .Select(one => new RefusedConnection(one.Index, one.Item.Refusal!)),
        ];
        await _conversation.SendAsync(new TakeoverMessage.Ready(offer.Batch, refused), cancellationToken);
        onStep?.Invoke(TakeoverStep.ReadySent);
        var commit = await _conversation.ExpectAsync<TakeoverMessage.Commit>(cancellationToken);
        onStep?.Invoke(TakeoverStep.CommitReceived);
        if (commit.Batch != offer.Batch)
        {
            throw new TakeoverException(
                TakeoverFailure.Broken, $"The predecessor commits batch {commit.Batch} where batch {offer.Batch} has its turn.");
        }

        // They are this process's now. It serves them when the predecessor is sure to know, or has ended.
        await _conversation.SendSurelyAsync(new TakeoverMessage.Serving(offer.Batch));
        onStep?.Invoke(TakeoverStep.ServingSent);
        foreach (var connection in _prepared)
            server.Serve(connection);
        Moved += _prepared.Count;
        _prepared = [];
        onStep?.Invoke(TakeoverStep.Served);
    }

    private async Task GiveUpAsync(Exception error)
    {
        DiscardPrepared();
        if (_hasAttached)
            await server.WithdrawAsync();
        else
            _received.ForEach(listener => listener.Handle.Dispose());
        // The end of the channel says the same. The sentence is for the predecessor's log, if it reads.
        if (error is TakeoverException { Failure: TakeoverFailure.Refused or TakeoverFailure.Silent })
            return;
        try
        {
            await _conversation.SendAsync(
                new TakeoverMessage.Refusal(error is TakeoverException ? error.Message : OutsideCode.GetMessage(error)),
                CancellationToken.None);
        }
        catch (TakeoverException)
        {
            // It reads nothing, so that it has to do with the end of the channel.
        }
    }

    private void DiscardPrepared()
    {
        foreach (var connection in _prepared)
            server.Discard(connection);
        _prepared = [];
    }
}
