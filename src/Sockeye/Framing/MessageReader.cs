using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Reads messages from the input of a connection.</summary>
/// <remarks>One reader at a time, which is checked. <see cref="End"/> is safe to call from any thread.</remarks>
internal sealed class MessageReader<TIn>(ConnectionContext connection, IFrameDecoder<TIn> decoder)
{
    private static readonly bool IsZeroCopy = typeof(TIn) == typeof(ReadOnlySequence<byte>);

    private const int Free = 0;
    private const int Reading = 1;

    /// <summary>The body of a loop runs, in which <see cref="TryRead"/> may read on.</summary>
    private const int Yielding = 2;

    private readonly PipeReader _input = connection.Transport.Input;
    private readonly MessageDecoding<TIn> _decoding = new(connection, decoder);
    private ReadOnlySequence<byte> _rest;
    private bool _holdsInput;
    private bool _isInputCompleted;
    private long _examined; // how many of the returned bytes the decoder has examined
    private int _isReading;
    private volatile bool _hasEnded;

    /// <summary>Lets messages that are written in a loop over messages wait for each other. Null: none waits.</summary>
    public WriteCork? Cork { get; set; }

    /// <summary>
    /// Whether reading ends without an exception when the connection is lost. Protocol errors still throw.
    /// </summary>
    public bool EndsOnConnectionLoss { get; set; }

    /// <summary>Watches the messages, and hides those of a heartbeat; null if there is none.</summary>
    public IMessageMonitor<TIn>? Monitor { get; set; }

    /// <summary>Moves the connection between two messages. Null: it does not move.</summary>
    public MessageMover? Mover { get; set; }

    /// <summary>Ends a running enumeration before its next message, and all later ones.</summary>
    public void End()
    {
        _hasEnded = true;
        if (TryReturnInputAfterEnd())
            return;
        _input.CancelPendingRead();
        TryReturnInputAfterEnd(); // The reader may have left before the cancellation.
    }

    public async IAsyncEnumerable<TIn> ReadAllAsync(
        ReadUntil until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Enter();
        var stop = until is ReadUntil.StopRequested ? connection.StopRequested : CancellationToken.None;
        using var stopRegistration = stop.UnsafeRegister(static input => ((PipeReader)input!).CancelPendingRead(), _input);
        try
        {
            ReturnInput(examined: false);
            Debug.Assert(!_holdsInput && _rest.IsEmpty, "A reader starts with what the last one has returned.");
            while (!_hasEnded)
            {
                // After the request, read once what has arrived: a peer that never pauses must not delay the stop.
                var isLast = stop.IsCancellationRequested;
                if (Mover is { IsDue: true } mover && !isLast && await mover.TryMoveAsync())
                {
                    _hasEnded = true;
                    yield break;
                }

                ReadResult read = default;
                var isOver = false;
                try
                {
                    if (!isLast)
                        read = await new BurstRead(_input.ReadAsync(cancellationToken), Cork);
                    else if (!_input.TryRead(out read))
                        yield break;
                }
                catch (Exception error) when (IsOrderlyEnd(error))
                {
                    isOver = true;
                }

                if (isOver)
                    yield break;
                Hold(read);
                while (_holdsInput && TryDecodeNext(out var message))
                {
                    Volatile.Write(ref _isReading, Yielding);
                    yield return message;
                    if (Interlocked.CompareExchange(ref _isReading, Reading, Yielding) != Yielding)
                        throw BusyError();
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (_hasEnded || !ReturnUnfinished(isLast))
                    yield break;
            }
        }
        finally
        {
            Leave();
            Cork?.Flush(); // The handler may continue with bytes.
        }
    }

    /// <summary>Reads one message, or the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<MessageReadResult<TIn>> ReadAsync(ReadUntil until, CancellationToken cancellationToken)
    {
        Enter();
        var stop = until is ReadUntil.StopRequested ? connection.StopRequested : CancellationToken.None;
        using var stopRegistration = stop.UnsafeRegister(static input => ((PipeReader)input!).CancelPendingRead(), _input);
        try
        {
            ReturnInput(examined: false);
            while (!_hasEnded)
            {
                var isLast = stop.IsCancellationRequested;
                if (Mover is { IsDue: true } mover && !isLast && await mover.TryMoveAsync())
                {
                    _hasEnded = true;
                    break;
                }

                ReadResult read;
                try
                {
                    if (!isLast)
                        read = await new BurstRead(_input.ReadAsync(cancellationToken), Cork);
                    else if (!_input.TryRead(out read))
                        break;
                }
                catch (Exception error) when (IsOrderlyEnd(error))
                {
                    break;
                }

                Hold(read);
                if (TryDecodeNext(out var message))
                    return new(message);
                if (_hasEnded || !ReturnUnfinished(isLast))
                    break;
            }

            Cork?.Flush();
            return default;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Reads a message that has arrived whole, also in the body of a loop, which continues after it.</summary>
    public bool TryRead([MaybeNullWhen(false)] out TIn message)
    {
        var isInLoop = Interlocked.CompareExchange(ref _isReading, Reading, Yielding) == Yielding;
        if (!isInLoop)
            Enter();
        try
        {
            message = default;
            if (isInLoop && _holdsInput && TryDecodeNext(out message))
                return true;
            ReturnInput(examined: isInLoop);
            if (_hasEnded || !_input.TryRead(out var read))
                return false;
            Hold(read);
            if (TryDecodeNext(out message))
                return true;
            // A loop returns an unfinished message itself.
            if (!isInLoop && !_hasEnded)
                ReturnUnfinished(isLast: false);
            return false;
        }
        catch (Exception error) when (IsOrderlyEnd(error))
        {
            message = default;
            return false;
        }
        finally
        {
            if (isInLoop)
                Volatile.Write(ref _isReading, Yielding);
            else
                Leave();
        }
    }

    private void Enter()
    {
        // A full fence: a reader returns everything before the next one starts.
        if (Interlocked.CompareExchange(ref _isReading, Reading, Free) != Free)
            throw BusyError();

        StopNotification.OnReadingMessages(connection);
    }

    private InvalidOperationException BusyError() => new(
        $"Connection {connection.ConnectionId} is being read by another ReadAllAsync, ReadAsync or TryRead. "
            + "Use one reader at a time.");

    private void Hold(in ReadResult read) => (_rest, _holdsInput, _isInputCompleted) = (read.Buffer, true, read.IsCompleted);

    private void Leave()
    {
        Volatile.Write(ref _isReading, Reading); // A loop that is left was in its body.
        // A borrowed message stays valid after the loop. Any other message owns its bytes, so the input is free for the next
        // reader: another codec after a handshake, or the handler.
        if (!IsZeroCopy)
            ReturnInput(examined: false);
        // A full fence: either this code sees the end, or End sees that no reader is active.
        Interlocked.Exchange(ref _isReading, Free);
        if (_hasEnded)
            TryReturnInputAfterEnd();
    }

    private bool IsOrderlyEnd(Exception error) => _hasEnded || (EndsOnConnectionLoss && IsLoss(error));

    private static bool IsLoss(Exception error) =>
        error is (IOException and not FrameException) or ConnectionAbortedException or SocketException or TimeoutException;

    /// <summary>Returns the bytes of an unfinished message. Returns false if no further message can come.</summary>
    private bool ReturnUnfinished(bool isLast)
    {
        var isCompleted = _isInputCompleted;
        var partial = _rest.Length;
        ReturnInput(examined: true);
        if (isCompleted && !isLast && !EndsOnConnectionLoss && _decoding.FindTruncation(partial) is { } truncated)
            throw truncated;
        return !isCompleted && !isLast;
    }

    private bool TryDecodeNext([MaybeNullWhen(false)] out TIn message)
    {
        while (TryDecodeFrame(out message))
        {
            if (Monitor?.Hides(message) is not true)
                return true;
        }

        return false;
    }

    private bool TryDecodeFrame([MaybeNullWhen(false)] out TIn message)
    {
        Debug.Assert(_holdsInput, "Messages are decoded from input that was read and not returned.");
        if (_hasEnded || !_decoding.TryDecode(ref _rest, out message))
        {
            message = default;
            return false;
        }

        Cork?.HasMore = !_rest.IsEmpty;
        // If the connection was disposed during the call, the memory of the message may have been reused.
        return !_hasEnded;
    }

    private void ReturnInput(bool examined)
    {
        Debug.Assert(Volatile.Read(ref _isReading) == Reading, "One caller at a time uses the input.");
        if (!_holdsInput)
            return;
        _holdsInput = false;
        var rest = _rest;
        _rest = default;
        _examined = examined ? rest.Length : 0;
        try
        {
            // Also after the end, because the connection keeps the memory until the reader returns it.
            _input.AdvanceTo(rest.Start, examined ? rest.End : rest.Start);
        }
        catch (InvalidOperationException) when (_hasEnded)
        {
            // DisposeAsync has completed the input, and there is nothing to return.
        }
    }

    /// <summary>
    /// Returns the input that the last enumeration kept. Returns false if an enumeration is running, which returns the input
    /// itself.
    /// </summary>
    private bool TryReturnInputAfterEnd()
    {
        if (Interlocked.CompareExchange(ref _isReading, Reading, Free) != Free)
            return false;
        ReturnInput(examined: false);
        ClearPendingCancel();
        Volatile.Write(ref _isReading, Free);
        return true;
    }

    /// <summary>
    /// Clears the cancellation that ended the reading, if no read was pending, so that it does not cancel the next one.
    /// </summary>
    private void ClearPendingCancel()
    {
        try
        {
            if (_input.TryRead(out var read))
                _input.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(Math.Min(_examined, read.Buffer.Length)));
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ConnectionAbortedException)
        {
            // Completed, broken, or read as bytes: the cancellation cannot affect a later read.
        }
    }
}
