using System.Net.Sockets;
using Sockeye.Transports;

namespace Sockeye.SampleTransport;

/// <summary>The bytes on their way from one end to the other: a bounded buffer, as the system has it for a socket.</summary>
/// <remarks>One reader and one writer at a time. Closing is safe from any thread.</remarks>
internal sealed class MemoryDirection
{
    private const int Capacity = 256 * 1024;

    private readonly Lock _lock = new();
    private byte[] _buffer = [];
    private int _start;
    private int _count;
    private long _readTotal;
    private bool _isFinished;
    private bool _isReset;
    private bool _isReaderClosed;
    private bool _isWriterClosed;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;

    /// <summary>Whether the end that writes has reset the connection, or the end that reads is gone and was written to.</summary>
    public bool IsReset => Volatile.Read(ref _isReset);

    public SystemProgress Progress
    {
        get
        {
            lock (_lock)
                return new(_readTotal, _count > 0 && !_isReaderClosed);
        }
    }

    /// <summary>Returns when there is data, or the end.</summary>
    public async ValueTask WaitForDataAsync()
    {
        while (true)
        {
            Task readable;
            lock (_lock)
            {
                Throw(_isReaderClosed, SocketError.OperationAborted);
                Throw(_isReset, SocketError.ConnectionReset);
                if (_count > 0 || _isFinished)
                    return;
                readable = (_readable ??= NewSignal()).Task;
            }

            await readable.ConfigureAwait(false);
        }
    }

    /// <summary>Returns the number of bytes; 0 at the end.</summary>
    public int Read(Span<byte> destination)
    {
        lock (_lock)
        {
            var total = 0;
            while (total < destination.Length && _count > 0)
            {
                var length = Math.Min(Math.Min(_count, _buffer.Length - _start), destination.Length - total);
                _buffer.AsSpan(_start, length).CopyTo(destination[total..]);
                (_start, _count, total) = ((_start + length) % _buffer.Length, _count - length, total + length);
            }

            _readTotal += total;
            Signal(ref _writable);
            return total;
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source)
    {
        while (!source.IsEmpty)
        {
            Task writable;
            lock (_lock)
            {
                Throw(_isWriterClosed, SocketError.OperationAborted);
                _isReset |= _isReaderClosed;
                Throw(_isReset, SocketError.ConnectionReset);
                source = source[Add(source.Span)..];
                Signal(ref _readable);
                if (source.IsEmpty)
                    return;
                writable = (_writable ??= NewSignal()).Task;
            }

            await writable.ConfigureAwait(false);
        }
    }

    /// <summary>Ends the direction behind what was written.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            _isFinished = true;
            Signal(ref _readable);
        }
    }

    /// <summary>What arrives from now on is lost: the writer gets the error of a reset.</summary>
    public void CloseReader()
    {
        lock (_lock)
        {
            _isReaderClosed = true;
            Signal(ref _readable);
            Signal(ref _writable);
        }
    }

    public void CloseWriter(bool reset)
    {
        lock (_lock)
        {
            (_isWriterClosed, _isReset, _isFinished) = (true, _isReset | reset, true);
            Signal(ref _readable);
            Signal(ref _writable);
        }
    }

    private static void Throw(bool condition, SocketError error)
    {
        if (condition)
            throw new SocketException((int)error);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Signal(ref TaskCompletionSource? signal)
    {
        signal?.TrySetResult();
        signal = null;
    }

    private int Add(ReadOnlySpan<byte> source)
    {
        var length = Math.Min(source.Length, Capacity - _count);
        if (_count + length > _buffer.Length)
            Grow(_count + length);
        var end = (_start + _count) % Math.Max(1, _buffer.Length);
        var first = Math.Min(length, _buffer.Length - end);
        source[..first].CopyTo(_buffer.AsSpan(end));
        source[first..length].CopyTo(_buffer);
        _count += length;
        return length;
    }

    private void Grow(int needed)
    {
        var larger = new byte[Math.Min(Capacity, Math.Max(needed, Math.Max(4096, 2 * _buffer.Length)))];
        var first = Math.Min(_count, _buffer.Length - _start);
        _buffer.AsSpan(_start, first).CopyTo(larger);
        _buffer.AsSpan(0, _count - first).CopyTo(larger.AsSpan(first));
        (_buffer, _start) = (larger, 0);
    }
}
