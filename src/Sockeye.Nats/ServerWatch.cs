namespace Sockeye.Nats;

/// <summary>Notices that a server no longer answers: sends a ping in each interval, and counts intervals in which nothing
/// arrives.</summary>
/// <remarks>
/// Any message counts as an answer, and so does a receiver that is still busy with one: the answer to a ping waits behind the
/// messages that the server sent before it. Intervals are counted, not time, so that a pause of this process is not taken for
/// silence of the server.
/// </remarks>
/// <param name="ping">Sends a ping. The task completes with the answer, and never fails.</param>
/// <param name="timeout">The time within which silence is noticed.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerWatch(Func<Task> ping, TimeSpan timeout, TimeProvider time)
{
    // Something may have arrived just after the start of the interval before the silent ones: four of them fit the timeout.
    private const int MaxSilentIntervals = 3;

    private readonly TimeSpan _interval = timeout / (MaxSilentIntervals + 1);
    private Task _answer = Task.CompletedTask;
    private long _messages;
    private long _seen;
    private int _silent;
    private bool _isReceiving;

    public void BeginMessage() => Volatile.Write(ref _isReceiving, true);

    public void EndMessage()
    {
        // One read loop writes, so that the count needs no atomic addition.
        Volatile.Write(ref _messages, _messages + 1);
        Volatile.Write(ref _isReceiving, false);
    }

    /// <summary>Completes when the server does not answer.</summary>
    public async Task WaitForSilenceAsync(CancellationToken cancellationToken)
    {
        do
            await Task.Delay(_interval, time, cancellationToken);
        while (!EndInterval());
    }

    /// <summary>Ends an interval, and starts the next one. Returns whether the server is silent for too long.</summary>
    internal bool EndInterval()
    {
        var messages = Volatile.Read(ref _messages);
        var isAnswer = _answer.IsCompleted || messages != _seen || Volatile.Read(ref _isReceiving);
        _seen = messages;
        _silent = isAnswer ? 0 : _silent + 1;
        // One ping at a time: a server that does not read must not fill the buffer of the client.
        if (_answer.IsCompleted)
            _answer = ping();
        return _silent >= MaxSilentIntervals;
    }
}
