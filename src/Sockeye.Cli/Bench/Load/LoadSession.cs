using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The connections of a load, which are replaced when they end. One period of load at a time runs on them.</summary>
internal sealed class LoadSession : IAsyncDisposable
{
    private const int MaxDelayDoublings = 4;

    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly LoadConnection[] _connections;
    private readonly ConnectPacer _pacer;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private int _unopened;
    private int _successes;
    private volatile LoadPeriod? _period;

    public LoadSession(LoadSettings settings)
    {
        (Settings, _pacer, _unopened) = (settings, new(settings.ConnectRate), settings.Connections);
        _connections = [.. Enumerable.Range(0, settings.Connections).Select(number => new LoadConnection(this, number))];
    }

    public LoadSettings Settings { get; }

    /// <summary>The period that runs; null before the first.</summary>
    public LoadPeriod? Period => _period;

    public ErrorCounts Errors { get; } = new();

    /// <summary>The times that connects took, with TLS. Read after the load.</summary>
    public LatencyHistogram ConnectTimes { get; } = new();

    /// <summary>The times from the first request of a connection, or its connect, to the first byte. Read after the
    /// load.</summary>
    public LatencyHistogram FirstByteTimes { get; } = new();

    /// <summary>The exception of the first connect that failed.</summary>
    public Exception? FirstFailure { get; private set; }

    public bool IsStopping => _stop.IsCancellationRequested;

    public long OpenRequests => _connections.Sum(connection => (long)connection.OpenRequests);

    public int OpenConnections => _connections.Count(connection => connection.IsConnected);

    /// <summary>Opens the connections. Returns when each has been tried once.</summary>
    /// <exception cref="CommandException">None could be opened.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(Enumerable.Range(0, Settings.Connections).Select(KeepAsync));
        await _opened.Task.WaitAsync(cancellationToken);
        if (Volatile.Read(ref _successes) == 0 && FirstFailure is { } failure)
        {
            throw new CommandException(
                ExitCodes.Failed, $"{OptionNames.Describe(failure)}.{TlsText.GetRemedy(failure)}", failure);
        }
    }

    /// <summary>Starts a period on all connections.</summary>
    public void Begin(LoadPeriod period)
    {
        _period = period;
        if (Settings.IsReceiveOnly)
            return;
        foreach (var connection in _connections)
            connection.Begin(period);
        period.Dispatcher?.Start();
    }

    /// <summary>Records the requests that have no answer. Returns their number.</summary>
    public long RecordUnanswered(LoadPeriod period, long until) =>
        _connections.Sum(connection => (long)connection.RecordUnanswered(period, until));

    public AnswerReader? CreateReader(int number) => Settings.HasAnswers
        ? Settings.Answer.CreateReader(Settings.Messages, Settings.Codec, number, Settings.IdPrefix)
        : null;

    public void AddFirstByte(long nanoseconds)
    {
        lock (_lock)
            FirstByteTimes.Record(nanoseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var connection in _connections)
            connection.Stop();
        await _running.WaitAsync(StopTimeout, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _pacer.Dispose();
    }

    /// <summary>Keeps one connection open until the session ends.</summary>
    private async Task KeepAsync(int number)
    {
        var failures = 0;
        var isFirst = true;
        while (!IsStopping)
        {
            var start = BenchClock.Now;
            var connection = await ConnectAsync(number);
            if (isFirst && Interlocked.Decrement(ref _unopened) == 0)
                _opened.TrySetResult();
            isFirst = false;
            if (connection is null)
            {
                await DelayAsync(MinDelay * (1 << Math.Min(failures++, MaxDelayDoublings)));
                continue;
            }

            failures = 0;
            var (lost, reason, example) = await new LoadReader(this, _connections[number]).RunAsync(connection, start);
            _ = CloseAsync(connection);
            if (IsStopping || reason is null)
                continue;
            if (lost > 0)
                Errors.Add(reason, lost, example);
            else
                Errors.AddClosed(reason);
            await DelayAsync(MinDelay);
        }
    }

    private async Task<ConnectionContext?> ConnectAsync(int number)
    {
        try
        {
            await _pacer.WaitAsync(_stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }

        try
        {
            var start = BenchClock.Now;
            var connection = await Settings.Clients[number % Settings.Clients.Count].ConnectAsync(
                Settings.Targets[number % Settings.Targets.Count], _stop.Token);
            lock (_lock)
                ConnectTimes.Record(BenchClock.Now - start);
            Interlocked.Increment(ref _successes);
            return connection;
        }
        catch (Exception e) when (e is IOException or TlsException or OperationCanceledException)
        {
            if (IsStopping)
                return null;
            lock (_lock)
                FirstFailure ??= e;
            Errors.Add(DescribeKind(e), 1, OptionNames.Describe(e));
            return null;
        }
        finally
        {
            ReleasePermit();
        }
    }

    /// <summary>"connect: refused": without addresses, which would make many kinds of one.</summary>
    private static string DescribeKind(Exception error) => error switch
    {
        ConnectException { SocketError: var code } => $"connect: {code}",
        TlsException { Failure: var failure } => $"TLS: {failure}",
        _ => $"connect: {error.GetType().Name}",
    };

    private static async Task CloseAsync(ConnectionContext connection)
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (IOException)
        {
            // The connection has ended; its reason is counted already.
        }
    }

    private void ReleasePermit()
    {
        try
        {
            _pacer.Release();
        }
        catch (ObjectDisposedException)
        {
            // The session has ended while this connect was cancelled.
        }
    }

    private async Task DelayAsync(TimeSpan time) =>
        await Task.Delay(time, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
