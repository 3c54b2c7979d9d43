using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>One of the connections of a load. When it ends, another takes over its number.</summary>
/// <remarks>
/// Its reader runs inline on an engine thread, and sends the next requests itself. In an open loop, the dispatcher sends too: the
/// lock keeps the order of the requests and of their bytes.
/// </remarks>
internal sealed class LoadConnection(LoadSession session, int number)
{
    // The number of flushes after which other connections of the thread continue.
    private const int MaxFlushes = 64;

    private readonly Lock _lock = new();
    private readonly RequestWindow _requests = new(session.Settings.Pipeline);
    private ConnectionContext? _connection;
    private AnswerReader? _reader;
    private long _sentOnConnection;
    private long _replaceAt;
    private long _firstSentAt;
    private bool _isFlushing;
    private bool _hasUnflushed;

    /// <summary>The number of requests without an answer.</summary>
    public int OpenRequests => _requests.Count;

    /// <summary>The timestamp of the first request of the connection; of the connect before that.</summary>
    public long FirstSentAt => Volatile.Read(ref _firstSentAt);

    public bool IsConnected => _connection is not null;

    /// <summary>Sends as many requests as the period allows, in a closed loop, or offers the connection to the
    /// dispatcher.</summary>
    public void Begin(LoadPeriod period)
    {
        if (period.Dispatcher is { } dispatcher)
        {
            for (var permit = 0; permit < _requests.Capacity; permit++)
                dispatcher.AddFree(this);
            return;
        }

        lock (_lock)
        {
            FillLocked(period, BenchClock.Now);
            FlushLocked();
        }
    }

    /// <summary>Sends a request at its planned start, called by the dispatcher. Returns false if the connection has ended or is
    /// to be replaced.</summary>
    public bool TrySend(long planned, long id, out long sent)
    {
        lock (_lock)
        {
            sent = BenchClock.Now;
            if (_connection is null || _requests.IsFull)
                return false;
            if (EndIfUsedUpLocked(sent))
                return false;

            SendLocked(planned, sent, id);
            FlushLocked();
            return true;
        }
    }

    /// <summary>Records the requests that have no answer at the end of a period. Returns their number.</summary>
    public int RecordUnanswered(LoadPeriod period, long until)
    {
        lock (_lock)
        {
            for (var i = 0; i < _requests.Count; i++)
                period.Recorder.Shard.AddUnanswered(_requests[i].Planned, until);
            return _requests.Count;
        }
    }

    /// <summary>Ends the connection in order, at the end of the session.</summary>
    public void Stop()
    {
        lock (_lock)
            _connection?.Transport.Input.CancelPendingRead();
    }

    /// <summary>Takes over a new connection, and starts to send.</summary>
    public void Attach(ConnectionContext connection, long connectedAt)
    {
        lock (_lock)
        {
            _requests.Clear();
            _reader = session.CreateReader(number);
            (_sentOnConnection, _isFlushing, _hasUnflushed, _firstSentAt) = (0, false, false, connectedAt);
            _replaceAt = session.Settings.Lifetime is { } lifetime
                ? BenchClock.Now + BenchClock.ToNanoseconds(lifetime)
                : long.MaxValue;
            _connection = connection;
        }

        if (session.Period is { } period && !session.Settings.IsReceiveOnly)
            Begin(period);
    }

    /// <summary>Leaves a connection that has ended. Returns the number of requests that are lost with it.</summary>
    public int Detach()
    {
        lock (_lock)
        {
            _connection = null;
            var lost = _requests.Count;
            _requests.Clear();
            return lost;
        }
    }

    /// <summary>Returns the position up to which the bytes were consumed, and whether the connection is to be replaced.</summary>
    public (SequencePosition Consumed, bool MustEnd) OnReceived(ReadOnlySequence<byte> buffer)
    {
        var now = BenchClock.Now;
        lock (_lock)
        {
            if (session.Period is { } period)
                period.Recorder.Shard.AddReceived(buffer.Length, now);
            if (_reader is null)
                return (buffer.End, _requests.Count == 0 && IsUsedUpLocked(now));
            if (!buffer.IsEmpty)
            {
                var answered = _reader.Take(ref buffer, _requests);
                if (answered > 0)
                    CompleteLocked(answered, now);
            }

            return (buffer.Start, _requests.Count == 0 && IsUsedUpLocked(now));
        }
    }

    private void CompleteLocked(int answered, long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests change under the lock.");
        if (session.Period is not { } period)
            return;
        var shard = period.Recorder.Shard;
        for (var i = 0; i < answered; i++)
        {
            var request = _requests.Remove();
            shard.Add(request.Planned, request.Sent, now);
            if (period.Slowest.IsSlow(now - request.Planned) && request.Planned >= period.Recorder.Start)
                OfferSlow(period, request, now);
        }

        if (period.Dispatcher is { } dispatcher)
            TakeDueLocked(dispatcher, answered, now);
        else
            FillLocked(period, now);
        FlushLocked();
    }

    private void OfferSlow(LoadPeriod period, in OpenRequest request, long now) => period.Slowest.Offer(new(
        request.Planned, now - request.Planned, request.Sent - request.Planned, number,
        EndPointName.Format(_connection?.LocalEndPoint), _connection?.GetTcpInfo()));

    /// <summary>Sends requests whose planned start has passed while the connection was busy.</summary>
    private void TakeDueLocked(LoadDispatcher dispatcher, int permits, long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests are sent under the lock.");
        for (; permits > 0; permits--)
        {
            if (IsUsedUpLocked(now) || _connection is null)
                return; // The next connection brings new permits.
            if (dispatcher.TryTakeDue(this, now, out var planned, out var id))
                SendLocked(planned, now, id);
        }
    }

    private void FillLocked(LoadPeriod period, long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests are sent under the lock.");
        if (_connection is null || EndIfUsedUpLocked(now))
            return;
        var left = (session.Settings.RequestsPerConnection ?? long.MaxValue) - _sentOnConnection;
        var (count, first) = period.Take((int)Math.Min(_requests.Capacity - _requests.Count, left), now);
        if (count == 0)
            return;
        if (!session.Settings.Messages.IsConstant)
        {
            for (var i = 0; i < count; i++)
                SendLocked(now, now, first + i);
            return;
        }

        if (_sentOnConnection == 0)
            _firstSentAt = now;
        for (var i = 0; i < count; i++)
            _requests.Add(new(now, now, first + i));
        session.Settings.Messages.WriteEqual(_connection.Transport.Output, count);
        _sentOnConnection += count;
        _hasUnflushed = true;
    }

    private void SendLocked(long planned, long now, long id)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests are sent under the lock.");
        if (_sentOnConnection == 0)
            _firstSentAt = now;
        _requests.Add(new(planned, now, id));
        if (session.Settings.Messages.IsConstant)
            session.Settings.Messages.WriteEqual(_connection!.Transport.Output, 1);
        else
            session.Settings.Messages.Write(_connection!.Transport.Output, id, number);
        _sentOnConnection++;
        _hasUnflushed = true;
    }

    private bool IsUsedUpLocked(long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests are counted under the lock.");
        return now >= _replaceAt || _sentOnConnection >= (session.Settings.RequestsPerConnection ?? long.MaxValue);
    }

    /// <summary>Ends a connection that is to be replaced and has no open request: its reader waits for bytes that do not
    /// come.</summary>
    private bool EndIfUsedUpLocked(long now)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests are counted under the lock.");
        var isUsedUp = IsUsedUpLocked(now);
        if (isUsedUp && _requests.Count == 0)
            _connection?.Transport.Input.CancelPendingRead();
        return isUsedUp;
    }

    /// <summary>Sends what was written. A flush that waits for the server is followed by another one.</summary>
    private void FlushLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The output has one writer at a time.");
        for (var round = 0; _hasUnflushed && !_isFlushing && _connection is { } connection; round++)
        {
            _hasUnflushed = false;
            var flush = connection.Transport.Output.FlushAsync();
            if (flush.IsCompletedSuccessfully && round < MaxFlushes)
            {
                if (_reader is null)
                    CompleteSentLocked();
                continue;
            }

            _isFlushing = true;
            _ = FinishFlushAsync(connection, flush);
            return;
        }
    }

    private async Task FinishFlushAsync(ConnectionContext connection, ValueTask<FlushResult> flush)
    {
        try
        {
            await flush;
            await Task.Yield();
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or InvalidOperationException)
        {
            return; // The reader of the connection gets the reason.
        }

        lock (_lock)
        {
            if (_connection != connection)
                return;
            _isFlushing = false;
            if (_reader is null)
                CompleteSentLocked();
            FlushLocked();
        }
    }

    /// <summary>Without answers, requests are done when the system has accepted them.</summary>
    private void CompleteSentLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Requests change under the lock.");
        var now = BenchClock.Now;
        var period = session.Period;
        while (_requests.Count > 0)
        {
            var request = _requests.Remove();
            period?.Recorder.Shard.Add(request.Planned, request.Sent, now);
            period?.Dispatcher?.AddFree(this);
        }

        if (period is { Dispatcher: null })
            FillLocked(period, now);
        else
            EndIfUsedUpLocked(now);
    }
}
