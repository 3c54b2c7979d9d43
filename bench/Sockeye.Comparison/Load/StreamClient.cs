using Microsoft.AspNetCore.Connections;

namespace Sockeye.Comparison.Load;

/// <summary>
/// One connection of <see cref="StreamLoad"/>: it writes while it reads, and leaves no more than so much unanswered.
/// </summary>
internal sealed class StreamClient(ConnectionContext connection, LoadRecorder recorder, int messageSize, int outstanding)
{
    /// <summary>The transport's own blocks have this size: asking for more would make it allocate.</summary>
    private const int ChunkSize = 4096;

    /// <summary>The number of rounds after which the other connections of this thread come first.</summary>
    private const int MaxSendTime = 16;

    private readonly SemaphoreSlim _window = new(outstanding);
    private readonly long[] _sentAt = new long[outstanding];
    private long _sent;
    private long _waitingSince;
    private volatile bool _isStopped;

    /// <summary>Set after the last change of <see cref="_sent"/>, and read before it.</summary>
    private volatile bool _isSent;

    public Task RunAsync() => Task.WhenAll(SendAsync(), ReceiveAsync());

    public void Stop() => _isStopped = true;

    /// <summary>Counts a wait that has not ended, and starts the count again.</summary>
    public void Observe()
    {
        var since = Interlocked.Exchange(ref _waitingSince, recorder.Now());
        if (since != 0)
            recorder.AddStall(since);
    }

    private async Task SendAsync()
    {
        var output = connection.Transport.Output;
        while (true)
        {
            await _window.WaitAsync();
            if (_isStopped)
                break;
            var number = _sent;
            _sentAt[number % outstanding] = recorder.Now();
            _sent = number + 1;
            // What the bytes are does not matter here: that a server echoes them was checked before.
            for (var left = messageSize; left > 0; left -= ChunkSize)
            {
                output.GetSpan(ChunkSize);
                output.Advance(Math.Min(ChunkSize, left));
            }

            if ((await output.FlushAsync()).IsCompleted)
                throw new EndOfStreamException("The server closed the connection.");
        }

        // The receiver may have all there is, and wait for more.
        _isSent = true;
        connection.Transport.Input.CancelPendingRead();
    }

    private async Task ReceiveAsync()
    {
        var input = connection.Transport.Input;
        var received = 0L;
        var rounds = 0;
        Interlocked.Exchange(ref _waitingSince, recorder.Now());
        while (true)
        {
            var reading = input.ReadAsync();
            rounds = reading.IsCompleted ? rounds + 1 : 0;
            var read = await reading;
            var now = recorder.Now();
            var before = received;
            received += read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (received > before)
                recorder.AddStall(Interlocked.Exchange(ref _waitingSince, now));
            for (var message = before / messageSize; message < received / messageSize; message++)
            {
                recorder.Add(1, _sentAt[message % outstanding]);
                _window.Release();
            }

            if (_isSent && received == _sent * messageSize)
                return;
            if (read.IsCompleted)
                throw new EndOfStreamException($"The server closed the connection after {received} bytes, too early.");
            // Bounded: a loop that finds more bytes each time would be the stall that is measured.
            if (rounds >= MaxSendTime)
            {
                rounds = 0;
                await Task.Yield();
            }
        }
    }
}
