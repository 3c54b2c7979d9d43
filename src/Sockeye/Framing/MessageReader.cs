using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The input of a connection as messages.</summary>
/// <remarks>One reader at a time, which is checked; <see cref="End"/> is safe from any thread.</remarks>
internal sealed class MessageReader<TIn>(ConnectionContext connection, Codec<TIn> codec)
{
    private static readonly bool IsZeroCopy = typeof(TIn) == typeof(ReadOnlySequence<byte>);

    private readonly PipeReader _input = connection.Transport.Input;
    private ReadOnlySequence<byte> _rest;
    private bool _holdsInput;
    private long _examined; // how much of what was given back has been looked at
    private int _isReading;
    private volatile bool _hasEnded;

    /// <summary>
    /// Whether reading ends, instead of throwing, when the connection is lost. Protocol errors throw all the same.
    /// </summary>
    public bool EndsOnConnectionLoss { get; set; }

    /// <summary>Ends a running enumeration before its next message, and all later ones.</summary>
    public void End()
    {
        _hasEnded = true;
        if (TryReturnInputAfterEnd())
            return;
        _input.CancelPendingRead();
        TryReturnInputAfterEnd(); // The one who was reading may have left before the cancelling came.
    }

    public async IAsyncEnumerable<TIn> ReadAllAsync(
        ReadUntil until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A full fence: the reader that leaves has put everything back before the next one looks at it.
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
        {
            throw new InvalidOperationException(
                $"Connection {connection.ConnectionId} is being read by another ReadAllAsync: one reader at a time, who may pass "
                + "the messages on.");
        }

        StopNotification.OnReadingMessages(connection);
        var stop = until is ReadUntil.StopRequested ? connection.StopRequested : CancellationToken.None;
        using var wakeUp = stop.UnsafeRegister(static input => ((PipeReader)input!).CancelPendingRead(), _input);
        try
        {
            ReturnInput(examined: false);
            while (!_hasEnded)
            {
                // After the request one look at what has arrived, and no more: a peer that never pauses must not hold up the
                // stop.
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
            // A borrowed message stays valid after a break. Any other owns its bytes, so the input is free at once for whoever
            // reads next: another codec after a hand-shake, or the handler itself.
            if (!IsZeroCopy)
                ReturnInput(examined: false);
            // A full fence: either this sees the end, or the end sees that nobody reads.
            Interlocked.Exchange(ref _isReading, 0);
            if (_hasEnded)
                TryReturnInputAfterEnd();
        }
    }

    private static bool IsLoss(Exception error) =>
        error is (IOException and not FrameException) or ConnectionAbortedException or SocketException or TimeoutException;

    private bool TryDecodeNext([MaybeNullWhen(false)] out TIn message)
    {
        var rest = _rest;
        try
        {
            if (_hasEnded || !codec.TryDecode(ref rest, out message))
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
            throw WithCloseReason(FrameException.Malformed(codec, $"it cannot be decoded: {error.Message}", error));
        }

        // The question for the type comes first, so that a struct is not boxed for the one for null.
        if (rest.Length >= _rest.Length || (!typeof(TIn).IsValueType && message is null))
        {
            throw new InvalidOperationException(
                $"{codec} answered true without a message, or without moving the input behind its frame: "
                + "reading would never end.");
        }

        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnReceived(_rest.Length - rest.Length);
        _rest = rest;
        // Disposed meanwhile: the memory it was made from may have been someone else's already.
        return !_hasEnded;
    }

    private void ReturnInput(bool examined)
    {
        if (!_holdsInput)
            return;
        _holdsInput = false;
        var rest = _rest;
        _rest = default;
        _examined = examined ? rest.Length : 0;
        try
        {
            // After the end, too: the connection keeps what is being read until the reader says that it is done.
            _input.AdvanceTo(rest.Start, examined ? rest.End : rest.Start);
        }
        catch (InvalidOperationException) when (_hasEnded)
        {
            // DisposeAsync has completed the input: there is nothing to give back to.
        }
    }

    /// <summary>Gives back what the last enumeration kept. False where one is running, which will do it.</summary>
    private bool TryReturnInputAfterEnd()
    {
        if (Interlocked.CompareExchange(ref _isReading, 1, 0) != 0)
            return false;
        ReturnInput(examined: false);
        ClearPendingCancel();
        Volatile.Write(ref _isReading, 0);
        return true;
    }

    /// <summary>The cancelling that ended the reading has met no read, or it has: the next one is not cancelled. Everything else
    /// stays as it is.</summary>
    private void ClearPendingCancel()
    {
        try
        {
            if (_input.TryRead(out var read))
                _input.AdvanceTo(read.Buffer.Start, read.Buffer.GetPosition(Math.Min(_examined, read.Buffer.Length)));
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or ConnectionAbortedException)
        {
            // Completed, broken, or read as bytes already: no later read can meet the cancelling.
        }
    }

    private FrameException TruncatedError(long partial) => new(
        FrameError.Truncated, $"{codec}: the peer ended after {partial} byte{(partial == 1 ? "" : "s")} of an unfinished frame.");

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
