namespace Sockeye;

/// <summary>One end of a channel, whose every step has a deadline.</summary>
internal sealed class TakeoverConversation(ITakeoverChannel channel, string other, TimeProvider time, TimeSpan stepTimeout)
{
    private Task<TakeoverMessage?>? _receiving;

    /// <summary>The other process, for messages: "predecessor" or "successor".</summary>
    public string Other => other;

    /// <summary>Sends a message, and waits for the system to take it.</summary>
    /// <remarks>A closed other end is not a failure here: the next receive says why it was closed, because a refusal may
    /// wait there.</remarks>
    /// <exception cref="TakeoverException">The other process reads nothing. The send continues, and later ones come after
    /// it.</exception>
    public async Task SendAsync(TakeoverMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await channel.SendAsync(message).WaitAsync(stepTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TakeoverException(
                TakeoverFailure.Silent, $"The {other} read nothing for {OptionChecks.Describe(stepTimeout)}.");
        }
        catch (TakeoverException)
        {
            throw;
        }
        catch (IOException)
        {
            // See the remarks.
        }
    }

    /// <summary>Receives the message that has to come next.</summary>
    /// <exception cref="TakeoverException">Another one came, or none.</exception>
    public async Task<T> ExpectAsync<T>(CancellationToken cancellationToken)
        where T : TakeoverMessage
    {
        var message = await ReceiveAsync(cancellationToken);
        return message as T ?? throw CreateUnexpected(message, typeof(T).Name);
    }

    /// <summary>Receives any message except a refusal.</summary>
    /// <exception cref="TakeoverException">A refusal came, or no message.</exception>
    public async Task<TakeoverMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReceiveCoreAsync(stepTimeout, cancellationToken) ?? throw new TakeoverException(
                TakeoverFailure.Gone, $"The {other} has ended, or has closed its end.");
        }
        catch (TimeoutException)
        {
            throw new TakeoverException(
                TakeoverFailure.Silent, $"The {other} was silent for {OptionChecks.Describe(stepTimeout)}.");
        }
    }

    /// <summary>Waits until the other process closes the channel, without a deadline.</summary>
    /// <exception cref="TakeoverException">A refusal came, or another message.</exception>
    public async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        if (await ReceiveCoreAsync(Timeout.InfiniteTimeSpan, cancellationToken) is { } message)
            throw CreateUnexpected(message, "the end");
    }

    /// <summary>Whether a message that was expected comes before the end of the channel, at whatever time.</summary>
    /// <exception cref="TakeoverException">The received bytes are not a message: nothing is known.</exception>
    public async Task<bool> ComesBeforeEndAsync<T>(Func<T, bool> isExpected)
        where T : TakeoverMessage
    {
        while (true)
        {
            try
            {
                using var message = await ReceiveCoreAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
                if (message is null)
                    return false;
                if (message is T candidate && isExpected(candidate))
                    return true;
            }
            catch (TakeoverException e) when (e.Failure is TakeoverFailure.Refused)
            {
                // The end follows.
            }
        }
    }

    /// <summary>Sends a message, and waits until the system has it or the other process has closed its end, without a
    /// deadline.</summary>
    public async Task SendSurelyAsync(TakeoverMessage message)
    {
        try
        {
            await channel.SendAsync(message);
        }
        catch (IOException)
        {
            // The next receive says why.
        }
    }

    /// <summary>Closes the descriptors of a message that comes when nothing waits for it.</summary>
    public void Abandon() => _ = DisposeReceivedAsync(_receiving);

    private static async Task DisposeReceivedAsync(Task<TakeoverMessage?>? receiving)
    {
        try
        {
            if (receiving is not null)
                (await receiving)?.Dispose();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // There is no message.
        }
    }

    private async Task<TakeoverMessage?> ReceiveCoreAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A receive that a deadline has left behind gets the next message.
        _receiving ??= channel.ReceiveAsync();
        try
        {
            var message = await _receiving.WaitAsync(timeout, time, cancellationToken);
            _receiving = null;
            return message is TakeoverMessage.Refusal refusal
                ? throw new TakeoverException(TakeoverFailure.Refused, PrintableText.Escape(refusal.Reason))
                : message;
        }
        catch (InvalidDataException e)
        {
            _receiving = null;
            throw new TakeoverException(TakeoverFailure.Broken, $"What the {other} sent is not a takeover: {e.Message}.", e);
        }
    }

    private TakeoverException CreateUnexpected(TakeoverMessage message, string expected)
    {
        message.Dispose();
        return new(TakeoverFailure.Broken, $"The {other} sent {message.GetType().Name} where {expected} has to come.");
    }
}
