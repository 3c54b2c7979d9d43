using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A pipe in front of the connection's output, in which written bytes wait for a grant.</summary>
internal sealed class BandwidthOutput
{
    /// <summary>The maximum time in which the peer reads nothing while the remaining bytes are sent, like the
    /// <c>CloseTimeout</c> of a transport.</summary>
    internal static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly PipeWriter _inner;
    private readonly BandwidthQueue _queue;
    private readonly ConnectionContext _connection;
    private readonly TimeProvider _time;
    private readonly Pipe _pipe;
    private readonly Task _pump;
    private BandwidthWaiter? _waiter;
    private volatile bool _isClosed;
    private volatile bool _isFinishing;

    public BandwidthOutput(
        PipeWriter inner, BandwidthQueue queue, BandwidthLimit limit, ConnectionContext connection, TimeProvider time)
    {
        (_inner, _queue, _connection, _time) = (inner, queue, connection, time);
        // At most a second's worth, which is how long closing takes if the connection waits alone.
        var most = Math.Clamp(limit.BytesPerSecond, 4 * 1024, 64 * 1024);
        var scheduler = Scheduling.GetScheduler(connection);
        _pipe = new(new PipeOptions(
            readerScheduler: scheduler, writerScheduler: scheduler, pauseWriterThreshold: most, resumeWriterThreshold: most / 2,
            useSynchronizationContext: false));
        _pump = PumpAsync();
    }

    public PipeWriter Writer => _pipe.Writer;

    /// <summary>Completes the output. Written bytes are still sent at the limited rate; a peer that reads none of them is
    /// reset.</summary>
    public async Task FinishAsync()
    {
        _isFinishing = true;
        await _pipe.Writer.CompleteAsync();
        while (!_pump.IsCompleted)
        {
            var before = GetBytesTakenByPeer();
            await _pump.WaitAsync(CloseTimeout, _time).WithoutThrowing();
            if (!_pump.IsCompleted && Volatile.Read(ref _waiter) is null && GetBytesTakenByPeer() == before)
            {
                _connection.Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer read nothing for {CloseTimeout.TotalSeconds:0.###} s of the data still to be sent"));
                await _pump;
            }
        }
    }

    private long? GetBytesTakenByPeer() => _connection.GetTcpInfo()?.BytesAcknowledged ?? _connection.BytesSent;

    private async Task PumpAsync()
    {
        using var ending = _connection.ConnectionClosed.UnsafeRegister(
            static output => ((BandwidthOutput)output!).OnClosed(), this);
        try
        {
            while (!_isClosed && await TransferAsync())
            {
                // The condition does all the work.
            }
        }
        catch (Exception e)
        {
            // The handler ended its output with an error, which the connection below needs.
            await _inner.CompleteAsync(e);
        }

        // A writer sees the end as FlushResult.IsCompleted.
        await _pipe.Reader.CompleteAsync();
    }

    /// <summary>Transfers the granted bytes. Returns false at the end.</summary>
    private async Task<bool> TransferAsync()
    {
        var read = await _pipe.Reader.ReadAsync();
        if (read.Buffer.IsEmpty)
        {
            // This method owns the output below, and completes it at the end.
            if (read.IsCompleted && !_isFinishing)
                await _inner.CompleteAsync();
            _pipe.Reader.AdvanceTo(read.Buffer.End);
            return !read.IsCompleted;
        }

        if (!_queue.TryTake(read.Buffer.Length, out var granted))
            granted = await WaitAsync(read.Buffer.Length);
        Debug.Assert(granted >= 0 && granted <= read.Buffer.Length, "No more is granted than was written.");
        var part = read.Buffer.Slice(0, granted);
        foreach (var segment in part)
            _inner.Write(segment.Span);
        _pipe.Reader.AdvanceTo(part.End);
        return !(await _inner.FlushAsync()).IsCompleted;
    }

    private async Task<long> WaitAsync(long wanted)
    {
        Debug.Assert(Volatile.Read(ref _waiter) is null, "One transfer at a time waits.");
        var waiter = _queue.Enqueue(wanted, Scheduling.GetScheduler(_connection));
        Volatile.Write(ref _waiter, waiter);
        if (_isClosed)
            _queue.Cancel(waiter); // The connection ended just before the grant.
        var granted = await waiter.WaitAsync();
        Volatile.Write(ref _waiter, null);
        return granted;
    }

    /// <summary>Ends the transfer with the connection.</summary>
    private void OnClosed()
    {
        _isClosed = true;
        _pipe.Reader.CancelPendingRead();
        if (Volatile.Read(ref _waiter) is { } waiter)
            _queue.Cancel(waiter);
    }
}
