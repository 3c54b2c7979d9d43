using System.Buffers;
using System.Diagnostics;
using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>One connection to one server, from its start to its end.</summary>
/// <remarks>
/// The client could connect again by itself. The engine uses a new client instead: what a client has buffered for a lost
/// connection goes out on the next one, so that the answer to an earlier ping would be taken for the answer to a later one, and
/// a subscription would be reported before the server has it.
/// </remarks>
internal sealed class NatsLink : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly EngineParts _parts;
    private readonly ServerAddress _server;
    private readonly ClientLog _clientLog;
    private readonly NatsConnection _connection;
    private readonly ServerWatch _watch;
    private readonly NatsFrameWriter _writer;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _endLock = new();
    // The client refers to its subscriptions weakly: these references keep them.
    private readonly Dictionary<string, FrameSub> _topics = [];
    private readonly List<FrameSub> _others = [];
    private Task _watching = Task.CompletedTask;
    private string? _endReason;
    private volatile string? _serverError;
    private volatile bool _hasSocket;
    private volatile bool _isOpen;
    private bool _isLinked;

    /// <param name="parts">The engine.</param>
    /// <param name="server">The server.</param>
    /// <param name="number">The number of the link, above those before it.</param>
    public NatsLink(EngineParts parts, ServerAddress server, uint number)
    {
        _parts = parts;
        _server = server;
        _writer = new(new FrameHeader(parts.Context.Self.Incarnation, number));
        _clientLog = new(parts.Opts.LoggerFactory);
        _connection = new(parts.Opts with { Url = server.Url, LoggerFactory = _clientLog })
        {
            OnConnectingAsync = ConnectOnceAsync,
            OnSocketAvailableAsync = CheckSocketAsync,
        };
        _connection.ConnectionDisconnected += (_, _) =>
        {
            End(_serverError ?? "the server closed the connection");
            return default;
        };
        _connection.ServerError += (_, error) =>
        {
            OnServerError(error);
            return default;
        };
        _watch = new(PingAsync, parts.Options.ServerTimeout, parts.Context.TimeProvider);
    }

    public bool IsEnded => _ending.IsCancellationRequested;

    /// <summary>The server, for people.</summary>
    public string Server => _connection.ServerInfo is { } info
        ? $"{_server} ({info.Name}, version {info.Version})"
        : $"{_server}";

    /// <summary>Connects, and takes up all subscriptions.</summary>
    /// <exception cref="LinkException">It failed; the message says why.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(static link => ((NatsLink)link!).End("stopped"), this);
        try
        {
            await _connection.ConnectAsync().AsTask().WaitAsync(_ending.Token);
            _parts.MaxMessage = _connection.ServerInfo?.MaxPayload ?? int.MaxValue;
            _watching = GuardAsync(WatchAsync);
            await AddOtherAsync(_parts.Subjects.All);
            await AddOtherAsync(_parts.Subjects.OfNode(_parts.Context.Self.Incarnation));
            _parts.Subscriptions.BeginLink();
            _isLinked = true;
            await ApplyChangesAsync();
            await WaitForServerAsync();
            _isOpen = true;
        }
        // Whatever the client throws: a wrong certificate, a missing file, a protocol error. The engine tries again.
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cause = e.GetBaseException();
            throw new LinkException(
                cause is NatsServerException server
                    ? $"the server said: {server.Error}"
                    : _serverError ?? _endReason ?? _clientLog.Cause ?? cause.Message,
                e);
        }
    }

    /// <summary>Sends frames, and applies changes of subscriptions, until the connection ends, or the queue is completed and
    /// empty.</summary>
    /// <returns>The reason, for people.</returns>
    public async Task<string> RunAsync()
    {
        Debug.Assert(_isOpen, "A link runs after it has been opened.");
        await Task.WhenAll(_watching, GuardAsync(SendFramesAsync), GuardAsync(KeepSubscriptionsAsync));
        lock (_endLock)
            return _endReason!;
    }

    public void End(string reason)
    {
        lock (_endLock)
        {
            if (_endReason is not null)
                return;
            _endReason = reason;
        }

        _ending.Cancel();
    }

    /// <summary>Hands a message to the receiver. Called by the read loop of the client.</summary>
    public void OnMessage(string subject, in ReadOnlySequence<byte> message)
    {
        _watch.BeginMessage();
        _parts.Receiver.OnMessage(this, subject, message);
        _watch.EndMessage();
    }

    public async ValueTask DisposeAsync()
    {
        End("stopped");
        await _watching;
        if (_isLinked)
            _parts.Subscriptions.EndLink();
        try
        {
            // The client waits for its read loop, and so for a receiver that blocks. It ends by itself when that returns.
            await _connection.DisposeAsync().AsTask().WaitAsync(CloseTimeout, _parts.Context.TimeProvider);
        }
        catch (Exception e)
        {
            _parts.Log.CloseFailed($"{_server}", e.GetBaseException().Message);
        }
    }

    // The client connects again on its own until it is disposed: it must not, see above.
    private ValueTask<(string Host, int Port)> ConnectOnceAsync((string Host, int Port) target) => _hasSocket
        ? throw new InvalidOperationException("A link has one connection.")
        : new(target);

    private ValueTask<INatsSocketConnection> CheckSocketAsync(INatsSocketConnection connection)
    {
        _hasSocket = true;
        if (connection is not INatsTlsUpgradeableSocketConnection { Socket: var socket } ||
            !SelfConnect.IsSelfConnected(socket.LocalEndPoint, socket.RemoteEndPoint!, () => socket.RemoteEndPoint))
            return new(connection);
        var refusal = SelfConnect.CreateRefusal(socket);
        socket.Dispose();
        End(refusal.Message);
        throw refusal;
    }

    // A ping that fails says that the connection is closed, which the link learns from the client. A ping is never cancelled: the
    // client would take the next answer for it.
    private async Task PingAsync() => await _connection.PingAsync().AsTask().WithoutThrowing();

    private void OnServerError(NatsServerErrorEventArgs error)
    {
        // While the link opens, the error is the reason of the failure, which is logged as such.
        if (_isOpen)
            _parts.Log.ServerError($"{_server}", error.Error);
        // The server closes the connection after any other error.
        if (error.Kind is not (NatsServerErrorKind.PermissionsViolation or NatsServerErrorKind.MaximumSubscriptionsExceeded))
            _serverError = $"the server said: {error.Error}";
        else
            _parts.Context.Events.OnLoss($"The NATS server refuses: {error.Error}.");
    }

    private async Task GuardAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e)
        {
            // After an end, everything that waits is cancelled. Before it, this is the reason.
            End(e is OperationCanceledException ? "the connection broke" : e.GetBaseException().Message);
        }
    }

    private async Task WatchAsync()
    {
        await _watch.WaitForSilenceAsync(_ending.Token);
        End(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"the server does not answer (ServerTimeout, {_parts.Options.ServerTimeout.TotalSeconds} s)"));
    }

    private async Task SendFramesAsync()
    {
        var ending = _ending.Token;
        while (await _parts.Queue.WaitToDequeueAsync(ending))
        {
            while (!ending.IsCancellationRequested && _parts.Queue.TryDequeue(out var frame))
            {
                try
                {
                    await _connection.PublishAsync(
                        frame.Destination, frame.Bytes, serializer: _writer, cancellationToken: ending);
                }
                catch (NatsPayloadTooLargeException)
                {
                    _parts.MaxMessage = _connection.ServerInfo?.MaxPayload ?? _parts.MaxMessage;
                    _parts.DropTooLarge(frame.Destination, frame.Bytes.Length);
                }
                finally
                {
                    frame.Dispose();
                }
            }
        }

        await WaitForServerAsync();
        End("stopped");
    }

    private async Task KeepSubscriptionsAsync()
    {
        while (true)
        {
            await _parts.Subscriptions.WaitForChangesAsync(_ending.Token);
            await ApplyChangesAsync();
        }
    }

    private async Task ApplyChangesAsync()
    {
        var changes = _parts.Subscriptions.TakeChanges();
        foreach (var (topic, subscription) in changes)
        {
            if (subscription is not null && !_topics.ContainsKey(topic))
            {
                FrameSub added = new(this, _connection, subscription.Subject);
                _topics.Add(topic, added);
                await _connection.AddSubAsync(added, _ending.Token);
            }
            else if (subscription is null && _topics.Remove(topic, out var removed))
            {
                await removed.UnsubscribeAsync().AsTask().WaitAsync(_ending.Token);
            }
        }

        if (changes.Count > 0)
            await WaitForServerAsync();
        _parts.Subscriptions.Complete(changes);
    }

    private async Task AddOtherAsync(string subject)
    {
        FrameSub sub = new(this, _connection, subject);
        _others.Add(sub);
        await _connection.AddSubAsync(sub, _ending.Token);
    }

    /// <summary>Completes when the server has processed everything that was written before.</summary>
    private Task<TimeSpan> WaitForServerAsync() => _connection.PingAsync().AsTask().WaitAsync(_ending.Token);
}
