namespace Sockeye.Cli;

/// <summary>Sends standard input to the connections, and tracks what is not sent yet.</summary>
internal sealed class InputPump(StandardInput input, IInputReceivers receivers, InputSettings settings)
{
    /// <summary>The time for which a pipe may be silent before the pump stops waiting for its end.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The wait for input that may be there. Windows does not report it: a peek waits for the read in progress
    /// (learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-peeknamedpipe).
    /// </summary>
    private static readonly TimeSpan HiddenInputTimeout =
        OperatingSystem.IsWindows() ? TimeSpan.FromMilliseconds(100) : Timeout.InfiniteTimeSpan;

    private readonly ByteCount _sent = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isLost;
    private int _isStarted;

    /// <summary>Completes when all of standard input is sent, or cannot be read.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The reason why standard input cannot be read, as a sentence without a full stop; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// Whether there is data or the end of the input to send; from a terminal, neither may ever come. On Windows, true says only
    /// that there may be.
    /// </summary>
    private bool HasMore => !_completion.Task.IsCompleted
        && (_sent.Value < input.Bytes.Value || (!input.IsTerminal && input.IsReady));

    /// <summary>Starts the pump; further calls do nothing.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
            return;
        input.Start();
        _ = RunAsync();
    }

    /// <summary>
    /// Runs after the peer's FIN, or when the server is to stop. Completes when the connection has received the rest of the
    /// input, or is closed. The rest is all of a file, and a pipe until it is silent for 5 s. For a terminal, for a pipe without
    /// any data yet, and after a stop, it is what was read by then. A connection that a stop cuts off is reset: FIN would make a
    /// part look complete. If the settings say so, a pipe is waited for to its end; for 5 s if it has given nothing yet.
    /// </summary>
    public async Task WaitUntilSentAsync(InputReceiver receiver)
    {
        var (closed, stop) = (receiver.Connection.ConnectionClosed, receiver.Connection.StopRequested);
        if (!input.IsTerminal && (settings.DrainsPipe || receiver.HasReceivedInput || await HasMoreAsync(closed)))
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(closed, stop);
            await WaitWhileFlowingAsync(over.Token);
        }

        await WaitUntilPassedAsync(closed);
        if (!stop.IsCancellationRequested || !receiver.HasReceivedInput)
            return;
        // From here on, the connection receives nothing more, so the next read shows whether it has received everything.
        await receiver.DetachAsync();
        await WaitUntilPassedAsync(closed);
        await WaitForNextReadAsync(closed);
        await WaitUntilPassedAsync(closed);
        if (receiver.HasMissedInput)
            receiver.Connection.Abort(CloseCause.Stop, "the server was stopped before standard input ended");
    }

    /// <summary>The part that was not sent, as a sentence without a full stop; null if everything was sent, as far as is
    /// known.</summary>
    public async Task<string?> GetFailureAsync()
    {
        if (_isStarted != 0)
            await WaitForNextReadAsync(CancellationToken.None);
        // The pump sets _isLost before it counts what was lost.
        return Failure ?? (_sent.Value < input.Bytes.Value || _isLost ? "standard input was not sent to its end" : null);
    }

    private static async Task WaitOrCancelAsync(Task task, CancellationToken over) =>
        await task.WaitAsync(over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Completes at the end of the input, or when it is silent for a while.</summary>
    private async Task WaitWhileFlowingAsync(CancellationToken over)
    {
        while (!_completion.Task.IsCompleted && !over.IsCancellationRequested)
        {
            var before = input.Bytes.Value;
            await _completion.Task.WaitAsync(IdleTimeout, TimeProvider.System, over)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var isSilent = input.Bytes.Value == before && _sent.Value == before;
            if (isSilent && !(settings.DrainsPipe && before > 0))
                break;
        }
    }

    /// <summary>Returns whether there is data or the end of the input to send, on every system.</summary>
    private async Task<bool> HasMoreAsync(CancellationToken closed)
    {
        if (!HasMore || !OperatingSystem.IsWindows() || _sent.Value < input.Bytes.Value)
            return HasMore;
        // The thread that reads takes what is there at once.
        await WaitForNextReadAsync(closed);
        return _completion.Task.IsCompleted || _sent.Value < input.Bytes.Value;
    }

    /// <summary>Completes when everything that has been read by now is sent.</summary>
    private Task WaitUntilPassedAsync(CancellationToken closed) =>
        WaitOrCancelAsync(_sent.WaitUntilAsync(input.Bytes.Value), closed);

    /// <summary>Completes at once if nothing can be read, otherwise when it is read, which may be the end.</summary>
    private async Task WaitForNextReadAsync(CancellationToken closed)
    {
        if (!HasMore)
            return;
        await input.Bytes.WaitUntilAsync(_sent.Value + 1).WaitAsync(HiddenInputTimeout, TimeProvider.System, closed)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        var crlf = settings.UsesCrlf ? new CrlfEncoder() : null;
        try
        {
            while (true)
            {
                var read = await input.Reader.ReadAsync();
                if (!read.Buffer.IsEmpty && !await receivers.SendAsync(crlf?.Encode(read.Buffer) ?? read.Buffer))
                    _isLost = true;
                _sent.Add(read.Buffer.Length);
                input.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            if (!settings.KeepsOutputOpen)
                await receivers.EndAsync();
        }
        catch (IOException e)
        {
            Failure = e.Message;
            receivers.Fail(e.Message);
        }

        _completion.SetResult();
    }
}
