using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Decodes the messages of one connection, which gets the reason if its peer breaks the rules.</summary>
/// <remarks>One caller at a time.</remarks>
internal sealed class MessageDecoding<TIn>
{
    private readonly ConnectionContext _connection;
    private readonly IFrameDecoder<TIn> _decoder;
    private readonly IResumingDecoder<TIn>? _resuming;

    /// <summary>Whether the decoder belongs to this connection, and may keep state and take bytes of an unfinished
    /// frame.</summary>
    private readonly bool _isOwn;

    private long _searched; // bytes of an unfinished frame, in which a resuming decoder has found no end
    private long _taken; // bytes of an unfinished frame, which the decoder has
    private ExceptionDispatchInfo? _failure; // of a decoder with state, which cannot decode the same bytes once more

    public MessageDecoding(ConnectionContext connection, IFrameDecoder<TIn> decoder)
    {
        _connection = connection;
        _decoder = decoder.ForConnection() ?? throw new InvalidOperationException(
            $"{decoder}.ForConnection returned null. Return a new decoder, or this one if it keeps no state.");
        _resuming = _decoder as IResumingDecoder<TIn>;
        _isOwn = !ReferenceEquals(_decoder, decoder);
    }

    /// <summary>Decodes one message, and moves the start of the input to the end of its frame, or behind what the decoder has
    /// taken of an unfinished one.</summary>
    /// <exception cref="FrameException">The bytes break the rules of the decoder.</exception>
    /// <exception cref="InvalidOperationException">The decoder breaks its own rules.</exception>
    public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TIn message)
    {
        _failure?.Throw();
        var rest = input;
        try
        {
            if (!TryDecodeFrame(ref rest, out message))
            {
                if (_isOwn)
                    Take(ref input, rest);
                return false;
            }
        }
        catch (FrameException error)
        {
            throw Failed(WithCloseReason(error));
        }
        catch (Exception error) when (DecodeError.IsCausedByPeer(error))
        {
            throw Failed(WithCloseReason(
                FrameException.Malformed(_decoder, $"the frame cannot be decoded: {error.Message}", error)));
        }
        catch (Exception error)
        {
            Failed(error);
            throw;
        }

        // The check of the type comes first, so that the check for null does not box a struct.
        if (rest.Length >= input.Length || (!typeof(TIn).IsValueType && message is null))
        {
            throw new InvalidOperationException(
                $"{_decoder} returned true without a message, or without moving the start of the input to the end of its frame: "
                + "reading would never end.");
        }

        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnReceived(_taken + input.Length - rest.Length);
        (_searched, _taken) = (0, 0);
        input = rest;
        return true;
    }

    /// <summary>Returns the exception if the peer ended within a frame; null if it ended after one.</summary>
    /// <param name="rest">The number of bytes at the end that the decoder has not taken.</param>
    public FrameException? FindTruncation(long rest) => _taken + rest is var partial and > 0
        ? WithCloseReason(new(
            FrameError.Truncated,
            $"{_decoder}: the peer ended after {partial} byte{(partial == 1 ? "" : "s")} of an unfinished frame."))
        : null;

    private bool TryDecodeFrame(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TIn message) => _resuming is null
        ? _decoder.TryDecode(ref input, out message)
        : _resuming.TryDecode(ref input, ref _searched, out message);

    private void Take(ref ReadOnlySequence<byte> input, in ReadOnlySequence<byte> rest)
    {
        if (rest.Length > input.Length)
            throw new InvalidOperationException($"{_decoder} moved the start of the input back.");
        _taken += input.Length - rest.Length;
        input = rest;
    }

    private TException Failed<TException>(TException error)
        where TException : Exception
    {
        if (_isOwn)
            _failure = ExceptionDispatchInfo.Capture(error);
        return error;
    }

    private FrameException WithCloseReason(FrameException error)
    {
        _connection.SetCloseReason(new CloseReason(
            ClosedBy.Peer,
            error.Error is FrameError.TooLong ? CloseCause.Limit : CloseCause.ProtocolError,
            CloseDirection.Input,
            error.Message,
            error));
        return error;
    }
}
