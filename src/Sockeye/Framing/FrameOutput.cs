using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// Writes frames to the output of a connection. Each frame is written whole or not at all; otherwise, the connection ends.
/// </summary>
/// <remarks>One caller at a time.</remarks>
internal sealed class FrameOutput<TOut>(ConnectionContext connection, IFrameEncoder<TOut> encoder)
{
    private readonly PipeWriter _output = connection.Transport.Output;
    private readonly FrameMemory _memory = new(connection.Transport.Output);
    // The output must count its bytes, which shows whether the encoder has written a part of a frame.
    private readonly bool _encodesIntoOutput = encoder.IsEncodeAtomic && connection.Transport.Output.CanGetUnflushedBytes;
    private Exception? _encodeError;

    public IFrameEncoder<TOut> Encoder => encoder;

    /// <summary>Whether an encoder has left a part of a frame, so that nothing can be written behind it.</summary>
    public bool IsBroken => _encodeError is not null;

    /// <summary>Whether this side has ended its output, or the connection was disposed.</summary>
    public bool IsCompleted
    {
        get
        {
            try
            {
                _memory.Commit();
                _output.GetMemory();
                return false;
            }
            catch (InvalidOperationException)
            {
                return true;
            }
        }
    }

    /// <summary>Whether this many bytes wait to be flushed, or the output does not count them.</summary>
    public bool Holds(int bytes) => !_output.CanGetUnflushedBytes || _memory.UnflushedBytes >= bytes;

    /// <summary>Sends what was written.</summary>
    /// <exception cref="IOException">The connection accepts no more messages.</exception>
    public ValueTask<FlushResult> FlushAsync()
    {
        Commit();
        return _output.FlushAsync(CancellationToken.None);
    }

    /// <summary>Lets a flush that waits, or the next one, return at once.</summary>
    public void CancelPendingFlush() => _output.CancelPendingFlush();

    /// <summary>Hands what was written to the output, which sends it with the next flush.</summary>
    /// <exception cref="IOException">The connection accepts no more messages.</exception>
    public void Commit()
    {
        try
        {
            _memory.Commit();
        }
        catch (InvalidOperationException error) when (IsCompleted)
        {
            throw ClosedError(error);
        }
    }

    /// <summary>Ends the output after what was written.</summary>
    /// <exception cref="IOException">The connection accepts no more messages, so that some were lost.</exception>
    public ValueTask CompleteAsync()
    {
        Commit();
        return _output.CompleteAsync();
    }

    /// <summary>Writes the frame of a message.</summary>
    /// <exception cref="IOException">The connection accepts no more messages.</exception>
    public void Encode(TOut message)
    {
        try
        {
            if (_encodesIntoOutput)
                EncodeIntoOutput(message);
            else
                EncodeBuffered(message);
        }
        catch (InvalidOperationException error) when (_encodeError is null && IsCompleted)
        {
            throw ClosedError(error);
        }
    }

    /// <summary>Writes a whole frame, and releases it.</summary>
    public void Write(PooledBuffer frame)
    {
        try
        {
            _memory.Write(frame.WrittenMemory.Span);
            if (MessageMetrics.IsEnabled)
                MessageMetrics.OnSent(frame.WrittenMemory.Length);
        }
        finally
        {
            frame.Release();
        }
    }

    public void ThrowIfBroken()
    {
        if (_encodeError is { } error)
            throw ClosedError(error);
    }

    public void ThrowIfClosed(FlushResult flush)
    {
        if (flush.IsCompleted)
            throw ClosedError(null);
    }

    private void EncodeIntoOutput(TOut message)
    {
        var before = _memory.UnflushedBytes;
        try
        {
            encoder.Encode(message, _memory);
        }
        catch (Exception error) when (_memory.UnflushedBytes != before && !IsCompleted)
        {
            AbortAfterPartialFrame(_memory.UnflushedBytes - before, error);
            throw _encodeError;
        }

        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnSent(_memory.UnflushedBytes - before);
    }

    /// <summary>
    /// Aborts the connection, because written bytes cannot be withdrawn, and the peer could not read the bytes after them.
    /// </summary>
    [MemberNotNull(nameof(_encodeError))]
    private void AbortAfterPartialFrame(long count, Exception error)
    {
        var bytes = count == 1 ? "1 byte" : $"{count} bytes";
        var sentence = $"{encoder} threw {error.GetType().Name} after the first {bytes} of a frame, although its "
            + "IsEncodeAtomic is true: let Encode throw before it writes, or return false from IsEncodeAtomic";
        _encodeError = new InvalidOperationException($"{sentence}.", error);
        connection.Abort(CloseReason.Local(CloseCause.HandlerError, sentence, _encodeError));
    }

    /// <summary>
    /// Encodes into a separate buffer, because the encoder may throw in the middle, and the peer could not read the bytes after a
    /// part of a frame.
    /// </summary>
    private void EncodeBuffered(TOut message)
    {
        var frame = PooledBuffer.Rent();
        try
        {
            encoder.Encode(message, frame);
        }
        catch (Exception)
        {
            frame.Release();
            throw;
        }

        Write(frame);
    }

    private IOException ClosedError(Exception? error)
    {
        var reason = connection.CloseReason;
        var sentence = $"Connection {connection.ConnectionId} to {connection.RemoteEndPoint} accepts no more messages: "
            + $"{reason?.Description ?? "it is closed"}.";
        return reason is { Cause: CloseCause.Reset }
            ? new ConnectionResetException(sentence, reason.Exception!)
            : new IOException(sentence, reason?.Exception ?? error);
    }
}
