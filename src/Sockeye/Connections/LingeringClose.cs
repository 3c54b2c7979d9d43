namespace Sockeye;

/// <summary>
/// The orderly close of a connection whose output is completed: waits until everything is sent, and then for the peer.
/// </summary>
/// <param name="connection">The connection. Nothing owns it.</param>
internal readonly struct LingeringClose(DuplexConnection connection)
{
    private readonly TransportConnectionOptions _options = connection.Options;

    /// <summary>Waits until everything is sent, as long as the peer acknowledges something.</summary>
    public async ValueTask FlushAsync()
    {
        var sending = connection.SendCompletion;
        while (!sending.IsCompleted)
        {
            var before = GetAcknowledged();
            if (await CompletesInTimeAsync(sending, _options.ShortestTimeout).ConfigureAwait(_options.KeepsContext))
                return;
            // A peer that writes first and reads later receives nothing before its own bytes are received.
            connection.DiscardInput();
            if (!await CompletesInTimeAsync(sending, _options.CloseTimeout - _options.ShortestTimeout)
                    .ConfigureAwait(_options.KeepsContext)
                && GetAcknowledged() == before)
            {
                connection.Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer read nothing for {_options.CloseTimeout.TotalSeconds:0.###} s of the data still to be sent"));
                return;
            }
        }
    }

    /// <summary>
    /// Waits for the peer after FIN, as <see cref="LingerPolicy"/> decides. Closing earlier would answer a late byte of the peer
    /// with RST, which destroys what the peer has not acknowledged yet (RFC 9293, section 3.6; RFC 9112, section 9.6).
    /// </summary>
    public async ValueTask LingerAsync()
    {
        var receiving = connection.ReceiveCompletion;
        if (receiving.IsCompleted)
            return;
        var policy = new LingerPolicy(_options);
        while (!await CompletesInTimeAsync(receiving, policy.PollInterval).ConfigureAwait(_options.KeepsContext))
        {
            var system = connection.GetSystemProgress();
            if (policy.Poll(system) is { } reason)
            {
                // In order, even if the peer has not acknowledged everything: the system continues to send it.
                connection.Break(reason, reset: false);
                return;
            }

            // Unread bytes would turn close() into a reset.
            if (system is { HasPending: true })
                connection.DiscardInput();
        }
    }

    /// <summary>
    /// Returns a count that grows while the peer acknowledges data. The system's acceptance of data is a poor measure: the system
    /// waits until much buffer space is free.
    /// </summary>
    private long GetAcknowledged() => connection.GetSystemProgress()?.Acknowledged ?? connection.BytesSent;

    private async ValueTask<bool> CompletesInTimeAsync(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            await task.WaitAsync(timeout, _options.TimeProvider).WithoutThrowing(_options.KeepsContext);
        return task.IsCompleted;
    }
}
