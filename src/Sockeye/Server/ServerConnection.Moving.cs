namespace Sockeye;

internal sealed partial class ServerConnection
{
    private readonly ConnectionMove? _move;

    /// <summary>Whether another server has the connection, and only its handler has still to return.</summary>
    public bool HasMoved => _move is { HasMoved: true };

    /// <summary>Completes when the handler of a continued connection runs.</summary>
    public Task Started => _move?.Started ?? Task.CompletedTask;

    /// <summary>Counts a continued connection at the gates, which do not refuse it: it was let in before.</summary>
    public void EnterExisting()
    {
        _listener.OnHandlerWaiting();
        foreach (var gate in _configuration.Gates)
        {
            gate.EnterExisting();
            _entered++;
        }
    }

    private Task RunPipelineAsync()
    {
        var running = _configuration.Pipeline(_connection);
        _move?.OnStarted();
        return running;
    }

    /// <summary>Stops the connection at a point at which its handler agrees. Returns neither if the handler has ended. Throws
    /// nothing.</summary>
    public async Task<(DetachedConnection? Detached, MoveRefusal? Refusal)> DetachAsync(DetachOptions options)
    {
        if (_phase is HandlerPhase.Returned || HasMoved)
            return (null, null); // It has left already.
        if (_move is null)
            return Refuse(MoveRefusalKind.NotMovable, "its endpoint does not move connections (UseMoving)");
        if (_phase is not HandlerPhase.Running)
            return Refuse(MoveRefusalKind.HandlerBusy, "its handler does not run");
        if (_connection.Outermost != _connection)
            return Refuse(MoveRefusalKind.Layered, "TLS on top of it has keys that do not move");
        if (_connection is not DuplexConnection { CanMove: true } duplex)
            return Refuse(MoveRefusalKind.Transport, "its transport cannot give its socket to another connection");
        if (await _move.RequestAsync(options.HandlerTimeout, _server.Time) is not { } offer)
        {
            return _phase is HandlerPhase.Returned ? (null, null) : Refuse(
                MoveRefusalKind.HandlerBusy,
                $"its handler did not answer within {OptionChecks.Describe(options.HandlerTimeout)} (HandlerTimeout)");
        }

        var (snapshot, refusal) = await FreezeAsync(duplex, offer, options);
        if (snapshot is not null)
            return (new(duplex, offer, snapshot, _server), null);
        offer.Complete(hasMoved: false);
        return (null, refusal);
    }

    /// <summary>Freezes the connection and takes its state, or leaves it as it was.</summary>
    private async Task<(ConnectionSnapshot? Snapshot, MoveRefusal? Refusal)> FreezeAsync(
        DuplexConnection duplex, MoveOffer offer, DetachOptions options)
    {
        var handlers = _move!.Transport!;
        if (offer.Refusal is { } refused)
            return (null, refused);
        if (handlers != duplex && (handlers is not { Input: ITransparentPipe, Output: ITransparentPipe }))
            return (null, new(MoveRefusalKind.Layered, "its middleware has replaced the pipes, and bytes in those do not move"));
        if (!await duplex.FreezeAsync(options.FreezeTimeout))
        {
            return (null, duplex.EndReason is { } reason
                ? new(MoveRefusalKind.Ended, reason.Description)
                : new(
                    MoveRefusalKind.PeerBusy,
                    $"operations did not end within {OptionChecks.Describe(options.FreezeTimeout)} (FreezeTimeout)"));
        }

        MoveRefusal? refusal;
        try
        {
            if (duplex.TryTakeStream() is not { } stream)
                refusal = new(MoveRefusalKind.HandlerBusy, "its handler uses a pipe while it answers");
            else if (stream.Unread.Length + stream.Unsent.Length is var waiting && waiting > options.MaxWaitingBytes)
                refusal = new(
                    MoveRefusalKind.TooLarge,
                    $"{waiting} bytes wait, and at most {options.MaxWaitingBytes} move (MaxWaitingBytes)");
            else
                return (CreateSnapshot(stream, offer), null);
        }
        catch (Exception error)
        {
            refusal = new(MoveRefusalKind.HandlerBusy, $"saving its state threw: {OutsideCode.GetMessage(error)}");
        }

        duplex.Thaw();
        return (null, refusal);
    }

    private ConnectionSnapshot CreateSnapshot(MovedBytes stream, MoveOffer offer)
    {
        var idle = _watch?.GetIdleTimes(Progress!) ?? (stream.IdleTime, stream.IdleTime);
        return new()
        {
            ConnectionId = Id,
            ListenerName = $"{_listener.EndPoint}",
            LocalEndPoint = stream.LocalEndPoint,
            RemoteEndPoint = stream.RemoteEndPoint,
            BytesReceived = stream.BytesReceived,
            BytesSent = stream.BytesSent,
            Age = Age,
            IdleTime = stream.IdleTime,
            ReceiveIdleTime = idle.Receive,
            SendIdleTime = idle.Send,
            Unread = stream.Unread,
            Unsent = stream.Unsent,
            HandlerState = offer.State.ToArray(),
            Parts = _move!.SaveParts(),
        };
    }

    private static (DetachedConnection?, MoveRefusal?) Refuse(MoveRefusalKind kind, string description) =>
        (null, new(kind, description));
}
