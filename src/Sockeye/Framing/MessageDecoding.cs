using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Decodes the messages of one connection, which gets the reason if its peer breaks the rules.</summary>
internal sealed class MessageDecoding<TIn>(ConnectionContext connection, IFrameDecoder<TIn> decoder)
{
    /// <summary>Decodes one message, and moves the start of the input to the end of its frame.</summary>
    /// <exception cref="FrameException">The bytes break the rules of the decoder.</exception>
    /// <exception cref="InvalidOperationException">The decoder breaks its own rules.</exception>
    public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TIn message)
    {
        var rest = input;
        try
        {
            if (!decoder.TryDecode(ref rest, out message))
                return false;
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
        if (rest.Length >= input.Length || (!typeof(TIn).IsValueType && message is null))
        {
            throw new InvalidOperationException(
                $"{decoder} returned true without a message, or without moving the start of the input to the end of its frame: "
                + "reading would never end.");
        }

        if (MessageMetrics.IsEnabled)
            MessageMetrics.OnReceived(input.Length - rest.Length);
        input = rest;
        return true;
    }

    /// <summary>Creates the exception for a peer that ended within a frame.</summary>
    public FrameException CreateTruncatedError(long partial) => WithCloseReason(new(
        FrameError.Truncated,
        $"{decoder}: the peer ended after {partial} byte{(partial == 1 ? "" : "s")} of an unfinished frame."));

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
