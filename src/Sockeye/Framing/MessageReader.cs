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

    private readonly PipeReader _input = connection.Transport.Input;
    private ReadOnlySequence<byte> _rest;
    private bool _holdsInput;
    private long _examined; // how many of the returned bytes the decoder has examined
    private int _isReading;
    private volatile bool _hasEnded;

    /// <summary>
    /// Whether reading ends without an exception when the connection is lost. Protocol errors still throw.
    /// </summary>
    public bool EndsOnConnectionLoss { get; set; }

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
        // A full fence: a reader returns everything before the next one starts.
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
        {
            throw new InvalidOperationException(
                $"Connection {connection.ConnectionId} is being read by another ReadAllAsync. Use one reader at a time.");
        }

        StopNotification.OnReadingMessages(connection);
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
                ReadResult read = default;
                var isOver = false;
                try
                {
                    if (!isLast)
                        read = await _input.ReadAsync(cancellationToken);
                    else if (!_input.TryRead(out read))
                        yield break;
                }
                catch (Exception error) when (_hasEnded || (EndsOnConnectionLoss && IsLoss(error)))
                {
                    isOver = true;
                }

                if (isOver)
                    yield break;
                (_rest, _holdsInput) = (read.Buffer, true);
                while (TryDecodeNext(out var message))
                {
                    yield return message;
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (_hasEnded)
                    yield break;
                var partial = _rest.Length;
                ReturnInput(examined: true);
                if (read.IsCompleted && partial > 0 && !isLast && !EndsOnConnectionLoss)
                    throw WithCloseReason(TruncatedError(partial));
                if (read.IsCompleted || isLast)
                    yield break;
            }
        }
        finally
        {
            // A borrowed message stays valid after the loop. Any other message owns its bytes, so the input is free for the next
            // reader: another codec after a handshake, or the handler.
            if (!IsZeroCopy)
                ReturnInput(examined: false);
            // A full fence: either this code sees the end, or End sees that no reader is active.
            Interlocked.Exchange(ref _isReading, 0);
            if (_hasEnded)
                TryReturnInputAfterEnd();
        }
    }

    private static bool IsLoss(Exception error) =>
        error is (IOException and not FrameException) or ConnectionAbortedException or SocketException or TimeoutException;

    private bool TryDecodeNext([MaybeNullWhen(false)] out TIn message)
    {
        Debug.Assert(_holdsInput, "Messages are decoded from input that was read and not returned.");
        var rest = _rest;
        try
        {
            if (_hasEnded || !decoder.TryDecode(ref rest, out message))
            {
                message = default;
                return false;
            }
        }
        catch (FrameException error)
        {
            throw WithCloseReason(error);
        }
        catch (Exception error) when (DecodeError.IsCausedByPeer(error))
        {
            throw WithCloseReason(FrameException.Malformed(decoder, $"the frame cannot be decoded: {error.Message}", error));
        }

        // The check of the type comes first, so that the check for null does not box a struct.
        if (rest.Length >= _rest.Length || (!typeof(TIn).IsValueType && message is null))
        {
            throw new InvalidOperationException(
                $"{decoder} returned true without a message, or without moving the start of the input to the end of its frame: "
                + "reading would never end.");
        }

        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnReceived(_rest.Length - rest.Length);
        _rest = rest;
        // If the connection was disposed during the call, the memory of the message may have been reused.
        return !_hasEnded;
    }

    private void ReturnInput(bool examined)
    {
        Debug.Assert(Volatile.Read(ref _isReading) == 1, "One caller at a time uses the input.");
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
        if (Interlocked.CompareExchange(ref _isReading, 1, 0) != 0)
            return false;
        ReturnInput(examined: false);
        ClearPendingCancel();
        Volatile.Write(ref _isReading, 0);
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

    private FrameException TruncatedError(long partial) => new(
        FrameError.Truncated,
        $"{decoder}: the peer ended after {partial} byte{(partial == 1 ? "" : "s")} of an unfinished frame.");

    private FrameException WithCloseReason(FrameException error)
    {
        connection.SetCloseReason(new CloseReason(
            ClosedBy.Peer,
            error.Error is FrameError.TooLong ? CloseCause.Limit : CloseCause.ProtocolError,
            CloseDirection.Input,
            error.Message,
            error));
        return error;
    }
}
