using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>One of two sockets that are joined in memory.</summary>
/// <remarks>
/// Each socket owns the pipe that it reads; its peer writes it. The reader of a pipe is never completed, because that would
/// return memory that another thread may be reading; the collector frees what is left. A lock orders a write of the peer and the
/// end of the pipe.
/// </remarks>
internal sealed class MemorySocket : StreamSocket
{
    /// <summary>The number of bytes on their way in each direction, at most.</summary>
    private const int Capacity = 64 * 1024;

    private readonly Lock _writeLock = new();
    private readonly Pipe _input;
    private MemorySocket _peer = null!;
    private long _received;
    private long _sent;
    private bool _hasFin;
    private volatile bool _isReset;
    private volatile bool _isClosed;

    private MemorySocket(PipeScheduler scheduler) => _input = new(new PipeOptions(
        readerScheduler: scheduler,
        writerScheduler: scheduler,
        pauseWriterThreshold: Capacity,
        resumeWriterThreshold: Capacity / 2,
        useSynchronizationContext: false));

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override bool IsReset => _isReset;

    public static (MemorySocket First, MemorySocket Second) CreatePair(PipeScheduler scheduler)
    {
        MemorySocket first = new(scheduler), second = new(scheduler);
        (first._peer, second._peer) = (second, first);
        return (first, second);
    }

    /// <summary>Counts bytes as acknowledged when the peer has read them.</summary>
    public override SystemProgress? GetSystemProgress()
    {
        var acknowledged = Volatile.Read(ref _peer._received);
        return new(acknowledged, HasPending: Volatile.Read(ref _sent) > acknowledged && !_peer._isClosed);
    }

    public override async ValueTask<bool> WaitForDataAsync()
    {
        var read = await _input.Reader.ReadAsync();
        _input.Reader.AdvanceTo(read.Buffer.Start); // Nothing is examined, so the next read returns at once.
        ThrowIfOver();
        return true;
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var read = await _input.Reader.ReadAsync();
        var part = read.Buffer.Slice(0, Math.Min(buffer.Length, read.Buffer.Length));
        part.CopyTo(buffer.Span);
        var count = (int)part.Length;
        Volatile.Write(ref _received, _received + count);
        _input.Reader.AdvanceTo(part.End);
        ThrowIfOver();
        return count;
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            if (_peer._isClosed)
                _isReset = true;
            ThrowIfOver();
            lock (_peer._writeLock)
            {
                if (_peer._hasFin)
                    throw new SocketException((int)SocketError.OperationAborted);
                Volatile.Write(ref _sent, _sent + segment.Length);
                _peer._input.Writer.Write(segment.Span);
            }

            await _peer._input.Writer.FlushAsync();
        }

        if (_peer._isClosed && Volatile.Read(ref _peer._received) < _sent)
            _isReset = true;
        ThrowIfOver();
    }

    public override void ShutdownSend() => _peer.OnFin();

    public override void Close(bool reset)
    {
        _isClosed = true;
        _input.Reader.CancelPendingRead();
        _input.Writer.CancelPendingFlush(); // The peer's send sees that this socket is closed.
        if (reset)
            _peer.OnReset();
        else
            _peer.OnFin();
    }

    private void OnFin()
    {
        lock (_writeLock)
        {
            _hasFin = true;
            _input.Writer.Complete();
        }
    }

    private void OnReset()
    {
        _isReset = true;
        _input.Reader.CancelPendingRead();
        _peer._input.Writer.CancelPendingFlush();
    }

    private void ThrowIfOver()
    {
        if (_isClosed)
            throw new SocketException((int)SocketError.OperationAborted);
        if (_isReset)
            throw new SocketException((int)SocketError.ConnectionReset);
    }
}
