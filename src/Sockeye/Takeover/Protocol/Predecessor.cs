namespace Sockeye;

/// <summary>The end of a takeover that serves at its beginning.</summary>
/// <remarks>
/// Whatever fails, the server continues as before, because nothing has ended by then: the listeners stay open until the successor
/// has said that it serves alone, and each connection until the successor has said that it serves it. A connection changes hands
/// when the commit is sent, so that only this end decides.
/// </remarks>
/// <param name="channel">The channel, which the caller disposes.</param>
/// <param name="server">The server that gives away its listeners and connections.</param>
/// <param name="processId">The id of this process.</param>
/// <param name="time">The clock of deadlines.</param>
/// <param name="stepTimeout">The maximum time that the successor has for each of its messages.</param>
/// <param name="onStep">Called at each step. It may end the process.</param>
internal sealed class Predecessor(
    ITakeoverChannel channel,
    IPredecessorServer server,
    int processId,
    TimeProvider time,
    TimeSpan stepTimeout,
    Action<TakeoverStep>? onStep = null)
{
    private readonly TakeoverConversation _conversation = new(channel, "successor", time, stepTimeout);
    private readonly Queue<OutgoingConnection> _detached = [];
    private List<OutgoingConnection> _committed = [];
    private bool _hasStopped;
    private int _batch;

    /// <summary>The id of the successor, as it says; 0 before it has.</summary>
    public int SuccessorId { get; private set; }

    /// <summary>The number of connections that the successor serves.</summary>
    public int Moved { get; private set; }

    /// <summary>Hands over everything. When the task completes, the successor serves alone. Otherwise the server continues as
    /// before, and no connection is the successor's except those that <see cref="Moved"/> counts.</summary>
    /// <param name="stopping">The server stops: what has not moved ends with it, and the successor continues.</param>
    /// <exception cref="TakeoverException">The takeover failed.</exception>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await RunCoreAsync(stopping);
        }
        catch (Exception error)
        {
            await ContinueAsync(error, isStopping: error is OperationCanceledException && stopping.IsCancellationRequested);
            throw;
        }
        finally
        {
            _conversation.Abandon();
        }
    }

    private async Task RunCoreAsync(CancellationToken stopping)
    {
        var hello = await _conversation.ExpectAsync<TakeoverMessage.Hello>(stopping);
        SuccessorId = hello.ProcessId;
        onStep?.Invoke(TakeoverStep.SuccessorConnected);
        if (hello.Version != TakeoverFormat.Version)
        {
            throw new TakeoverException(TakeoverFailure.Broken,
                $"The successor speaks version {hello.Version} of the takeover, and the predecessor (process {processId}) "
                    + $"version {TakeoverFormat.Version}. Stop the predecessor, then start the successor.");
        }

        await _conversation.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, processId), stopping);
        await _conversation.ExpectAsync<TakeoverMessage.Ask>(stopping);
        onStep?.Invoke(TakeoverStep.Asked);
        await SendListenersAsync(stopping);
        onStep?.Invoke(TakeoverStep.ListenersSent);
        await _conversation.ExpectAsync<TakeoverMessage.Accepting>(stopping);
        onStep?.Invoke(TakeoverStep.SuccessorAccepts);

        _hasStopped = true;
        await server.StopAcceptingAsync();
        onStep?.Invoke(TakeoverStep.AcceptingStopped);
        await _conversation.SendAsync(new TakeoverMessage.Stopped(), stopping);
        onStep?.Invoke(TakeoverStep.StoppedSent);

        while (await DetachAsync(stopping))
        {
            while (_detached.Count > 0)
                await MoveAsync(stopping);
        }

        await _conversation.SendAsync(new TakeoverMessage.Done(), stopping);
        onStep?.Invoke(TakeoverStep.DoneSent);
        await _conversation.ExpectAsync<TakeoverMessage.Complete>(stopping);
        onStep?.Invoke(TakeoverStep.Completed);
    }

    private async Task SendListenersAsync(CancellationToken stopping)
    {
        var parts = server.GetListeners().Chunk(TakeoverFormat.MaxHandles).ToList();
        for (var i = 0; i < parts.Count; i++)
            await _conversation.SendAsync(new TakeoverMessage.Listeners(parts[i], IsLast: i == parts.Count - 1), stopping);
    }

    private async Task<bool> DetachAsync(CancellationToken stopping)
    {
        foreach (var connection in await server.DetachAsync(stopping))
            _detached.Enqueue(connection);
        onStep?.Invoke(TakeoverStep.Detached);
        return _detached.Count > 0;
    }

    /// <summary>Moves as many of the detached connections as one frame can have.</summary>
    private async Task MoveAsync(CancellationToken stopping)
    {
        List<OutgoingConnection> offered = [];
        var size = 0;
        foreach (var connection in _detached)
        {
            size += connection.State.Length;
            if (offered.Count > 0 && size > TakeoverFormat.MaxStateLength)
                break;
            offered.Add(connection);
        }

        var batch = ++_batch;
        await _conversation.SendAsync(new TakeoverMessage.Offer(batch, [.. offered.Select(CreateOffer)]), stopping);
        onStep?.Invoke(TakeoverStep.Offered);
        var ready = await _conversation.ExpectAsync<TakeoverMessage.Ready>(stopping);
        onStep?.Invoke(TakeoverStep.SuccessorReady);
        ThrowIfOther(batch, ready.Batch);

        var refused = ready.Refused.ToLookup(one => one.Index);
        List<OutgoingConnection> accepted = [];
        for (var i = 0; i < offered.Count; i++)
        {
            var connection = _detached.Dequeue();
            if (refused[i].FirstOrDefault() is { } refusal)
                server.TakeBack(connection, PrintableText.Escape(refusal.Reason));
            else
                accepted.Add(connection);
        }

        _committed = accepted; // Before the commit leaves, so that a failure in between knows of it.
        await _conversation.SendAsync(new TakeoverMessage.Commit(batch), stopping);
        onStep?.Invoke(TakeoverStep.Committed);
        var serving = await _conversation.ExpectAsync<TakeoverMessage.Serving>(stopping);
        onStep?.Invoke(TakeoverStep.SuccessorServes);
        ThrowIfOther(batch, serving.Batch);
        ForgetCommitted();
    }

    private static OfferedConnection CreateOffer(OutgoingConnection connection) =>
        new(connection.State, connection.StoodStill, connection.Handle);

    private static void ThrowIfOther(int expected, int batch)
    {
        if (batch != expected)
        {
            throw new TakeoverException(
                TakeoverFailure.Broken, $"The successor answered for batch {batch} where batch {expected} has its turn.");
        }
    }

    /// <summary>Continues to serve after a failure.</summary>
    private async Task ContinueAsync(Exception error, bool isStopping)
    {
        // The successor never serves what was not committed, so this does not have to wait for anything.
        while (_detached.TryDequeue(out var connection))
            server.TakeBack(connection, null);
        server.StopDetaching();
        if (_hasStopped && !isStopping)
            await server.ResumeAcceptingAsync();

        var isAlone = error is TakeoverException { Failure: TakeoverFailure.Gone };
        // It must hear that it does not serve, however long that takes: without this, it would take the end of the channel for
        // the end of this process. That is what it shall think if this process is ending.
        if (!isAlone && !isStopping)
        {
            await _conversation.SendSurelyAsync(new TakeoverMessage.Refusal(
                error is TakeoverException ? error.Message : OutsideCode.GetMessage(error)));
        }

        if (_committed.Count > 0)
            await SettleCommittedAsync(isStopping);
    }

    private async Task SettleCommittedAsync(bool isStopping)
    {
        var isServed = isStopping;
        try
        {
            isServed = isServed || await _conversation.ComesBeforeEndAsync<TakeoverMessage.Serving>(
                serving => serving.Batch == _batch);
        }
        catch (TakeoverException)
        {
            isServed = true; // The commit was sent, and nothing says that the successor has ended.
        }

        if (isServed)
        {
            ForgetCommitted();
            return;
        }

        foreach (var connection in _committed)
            server.TakeBack(connection, null);
        _committed = [];
    }

    private void ForgetCommitted()
    {
        foreach (var connection in _committed)
            server.Forget(connection);
        Moved += _committed.Count;
        _committed = [];
    }
}
