using System.Buffers;

namespace Sockeye.Fuzz.Targets;

/// <summary>What every codec promises, whatever comes.</summary>
/// <typeparam name="TMessage">Its message.</typeparam>
/// <param name="codec">The codec.</param>
/// <param name="maxPending">The most bytes for which it may ask for more: its maximum and what surrounds a message.</param>
/// <param name="show">A message as text: equal messages give equal texts.</param>
/// <param name="mayRefuse">Whether a message that was read need not be writable, and the error says so.</param>
internal sealed class CodecCheck<TMessage>(
    Codec<TMessage> codec, int maxPending, Func<TMessage, string> show, Func<TMessage, FrameException, bool>? mayRefuse = null)
{
    /// <summary>Far more than a decoder needs, far less than a length that a stranger made up.</summary>
    private const long MaxAllocated = 1024 * 1024;

    public void Check(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var whole = Decode(new ReadOnlySequence<byte>(input));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        BrokenPromiseException.Unless(
            allocated <= MaxAllocated + (64L * input.Length), $"{allocated} bytes were allocated for {input.Length}");
        BrokenPromiseException.Unless(
            whole.Error is not null || whole.Left <= maxPending, $"it waits for more with {whole.Left} bytes in hand");

        var pieces = DecodeByteByByte(input);
        BrokenPromiseException.Unless(
            whole.Messages.Select(show).SequenceEqual(pieces.Messages.Select(show)),
            $"{whole.Messages.Count} messages came at once, {pieces.Messages.Count} byte by byte, or others");
        BrokenPromiseException.Unless(
            whole.Error?.Error == pieces.Error?.Error && (whole.Error is not null || whole.Left == pieces.Left),
            $"the end is [{whole.Error?.Message}] at once and [{pieces.Error?.Message}] byte by byte");
        foreach (var message in whole.Messages)
            CheckWritable(message);
    }

    private void CheckWritable(TMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            codec.Encode(message, output);
        }
        catch (FrameException refused) when (mayRefuse?.Invoke(message, refused) is true)
        {
            BrokenPromiseException.Unless(output.WrittenCount == 0, "a message that is refused was written in part");
            return;
        }

        var again = Decode(new(output.WrittenMemory));
        BrokenPromiseException.Unless(
            again is { Error: null, Left: 0, Messages.Count: 1 } && show(again.Messages[0]) == show(message),
            $"[{show(message)}] was written and came back as [{string.Join("] [", again.Messages.Select(show))}]");
    }

    private Decoded Decode(ReadOnlySequence<byte> input)
    {
        var messages = new List<TMessage>();
        try
        {
            for (var before = input.Length; codec.TryDecode(ref input, out var message); before = input.Length)
            {
                BrokenPromiseException.Unless(input.Length < before, "a message came out of no byte");
                messages.Add(message);
            }

            return new(messages, input.Length, null);
        }
        catch (FrameException error)
        {
            BrokenPromiseException.Unless(error.Error is not FrameError.Truncated, "a codec cannot know that nothing follows");
            return new(messages, input.Length, error);
        }
    }

    private Decoded DecodeByteByByte(byte[] bytes)
    {
        var messages = new List<TMessage>();
        long taken = 0, left = 0;
        foreach (var arrived in ByteSegments.Prefixes(bytes))
        {
            var decoded = Decode(arrived.Slice(taken));
            messages.AddRange(decoded.Messages);
            if (decoded.Error is not null)
                return decoded with { Messages = messages };
            left = decoded.Left;
            taken = arrived.Length - left;
        }

        return new(messages, left, null);
    }

    private sealed record Decoded(List<TMessage> Messages, long Left, FrameException? Error);
}
