namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>A mistake in one of the two processes.</summary>
internal enum TakeoverMistake
{
    None,

    /// <summary>The successor serves a connection before its commit.</summary>
    ServesOffers,

    /// <summary>The predecessor does not serve a connection that returns.</summary>
    ForgetsReturned,

    /// <summary>The predecessor closes the channel without its refusal.</summary>
    GivesUpInSilence,

    /// <summary>The predecessor does not accept after a failure.</summary>
    StaysClosed,

    /// <summary>The successor accepts although the predecessor does.</summary>
    NeverWithdraws,

    /// <summary>The predecessor keeps the descriptor of a connection that has moved.</summary>
    KeepsDescriptors,

    /// <summary>The successor serves a connection without its state.</summary>
    ForgetsState,

    /// <summary>The successor does not serve a connection after its commit.</summary>
    ForgetsCommitted,

    /// <summary>The predecessor commits connections that the successor has refused.</summary>
    IgnoresRefusals,

    /// <summary>The predecessor takes a connection back after its commit, although the successor serves it.</summary>
    TakesBackCommitted,
}

/// <summary>Puts a mistake into the parts that the protocol uses.</summary>
internal sealed record TakeoverDefect(TakeoverMistake Mistake)
{
    public static TakeoverDefect None { get; } = new(TakeoverMistake.None);

    public ITakeoverChannel Wrap(ITakeoverChannel channel) => Mistake switch
    {
        TakeoverMistake.GivesUpInSilence => new SilentChannel(channel),
        TakeoverMistake.IgnoresRefusals => new DeafChannel(channel),
        _ => channel,
    };

    public IPredecessorServer Wrap(IPredecessorServer server) => new FaultyPredecessor(server, Mistake);

    public ISuccessorServer Wrap(ISuccessorServer server, Random random) => new FaultySuccessor(server, Mistake, random);

    private sealed class SilentChannel(ITakeoverChannel channel) : ITakeoverChannel
    {
        public Task SendAsync(TakeoverMessage message) =>
            message is TakeoverMessage.Refusal ? Task.CompletedTask : channel.SendAsync(message);

        public Task<TakeoverMessage?> ReceiveAsync() => channel.ReceiveAsync();

        public ValueTask DisposeAsync() => channel.DisposeAsync();
    }

    private sealed class DeafChannel(ITakeoverChannel channel) : ITakeoverChannel
    {
        public Task SendAsync(TakeoverMessage message) => channel.SendAsync(message);

        public async Task<TakeoverMessage?> ReceiveAsync() =>
            await channel.ReceiveAsync() is var message && message is TakeoverMessage.Ready ready
                ? ready with { Refused = [] }
                : message;

        public ValueTask DisposeAsync() => channel.DisposeAsync();
    }

    private sealed class FaultyPredecessor(IPredecessorServer server, TakeoverMistake mistake) : IPredecessorServer
    {
        public IReadOnlyList<HandedListener> GetListeners() => server.GetListeners();

        public Task StopAcceptingAsync() => server.StopAcceptingAsync();

        public Task ResumeAcceptingAsync() =>
            mistake is TakeoverMistake.StaysClosed ? Task.CompletedTask : server.ResumeAcceptingAsync();

        public Task<IReadOnlyList<OutgoingConnection>> DetachAsync(CancellationToken cancellationToken) =>
            server.DetachAsync(cancellationToken);

        public void StopDetaching() => server.StopDetaching();

        public void TakeBack(OutgoingConnection connection, string? reason)
        {
            if (mistake is not TakeoverMistake.ForgetsReturned)
                server.TakeBack(connection, reason);
        }

        public void Forget(OutgoingConnection connection)
        {
            if (mistake is TakeoverMistake.TakesBackCommitted)
                server.TakeBack(connection, null);
            else if (mistake is not TakeoverMistake.KeepsDescriptors)
                server.Forget(connection);
        }
    }

    private sealed class FaultySuccessor(ISuccessorServer server, TakeoverMistake mistake, Random random) : ISuccessorServer
    {
        private readonly HashSet<PreparedConnection> _served = [];

        public Task AttachAsync(IReadOnlyList<HandedListener> listeners) => server.AttachAsync(listeners);

        public PreparedConnection Prepare(OfferedConnection connection)
        {
            var prepared = server.Prepare(mistake is TakeoverMistake.ForgetsState
                ? connection with { State = new byte[connection.State.Length] }
                : connection);
            if (mistake is TakeoverMistake.ServesOffers && prepared.Refusal is null
                && random.Next(4) == 0 && _served.Add(prepared))
                server.Serve(prepared);
            return prepared;
        }

        public void Serve(PreparedConnection connection)
        {
            if (!_served.Contains(connection) && mistake is not TakeoverMistake.ForgetsCommitted)
                server.Serve(connection);
        }

        public void Discard(PreparedConnection connection)
        {
            if (!_served.Contains(connection))
                server.Discard(connection);
        }

        public Task WithdrawAsync() =>
            mistake is TakeoverMistake.NeverWithdraws ? Task.CompletedTask : server.WithdrawAsync();
    }
}
