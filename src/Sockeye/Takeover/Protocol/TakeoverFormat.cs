using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Sockeye;

/// <summary>Converts messages of a takeover to bytes and back.</summary>
/// <remarks>
/// <code>
///  length: 4 bytes   kind: 1 byte   handles: 1 byte   fields of the kind: (length - 2) bytes
///
///  1 Hello      version: 1 byte   process id: 4 bytes
///  2 Ask
///  3 Listeners  is last: 1 byte   for each handle: name, group: 4 bytes, role: 1 byte, owns file: 1 byte
///  4 Accepting
///  5 Stopped
///  6 Offer      batch: 4 bytes    for each handle: microseconds: 8 bytes, length of the state: 4 bytes, state
///  7 Ready      batch: 4 bytes    count: 1 byte, for each: index: 1 byte, reason
///  8 Commit     batch: 4 bytes
///  9 Serving    batch: 4 bytes
/// 10 Done
/// 11 Complete
/// 12 Refusal    reason
/// </code>
/// Numbers are little endian. A text is its length in bytes (LEB128) and UTF-8. The descriptors travel beside the first byte of
/// their frame: at most 253, which is SCM_MAX_FD of Linux (unix(7)). <c>Hello</c> and <c>Refusal</c> stay the same in every
/// version of the protocol, so that each version can refuse every other with a sentence.
/// </remarks>
internal static class TakeoverFormat
{
    /// <summary>The version of the protocol, which both processes must share.</summary>
    public const byte Version = 1;

    /// <summary>The size of the length field.</summary>
    public const int PrefixLength = sizeof(int);

    /// <summary>The maximum number of descriptors of one message.</summary>
    public const int MaxHandles = 253;

    /// <summary>The maximum size of the state of a connection. A larger one stays with the predecessor.</summary>
    public const int MaxStateLength = 4 << 20;

    /// <summary>The maximum length of a frame: one state of the maximum size, or several smaller ones.</summary>
    public const int MaxLength = MaxStateLength + 4096 + (MaxHandles * 16);

    private const int MaxTextLength = 4096;

    /// <summary>Returns the frame of a message, its length field included.</summary>
    public static byte[] Encode(TakeoverMessage message)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        writer.Write(0);
        writer.Write((byte)GetKind(message));
        writer.Write(checked((byte)message.Handles.Count));
        WriteFields(writer, message);
        var frame = buffer.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - PrefixLength);
        return frame;
    }

    /// <summary>Reads the length field.</summary>
    /// <exception cref="InvalidDataException">No frame has this length.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        return length is >= 2 and <= MaxLength ? length : throw new InvalidDataException(
            $"a frame of {(uint)length} bytes was announced, outside the range of 2 to {MaxLength}");
    }

    /// <summary>Reads a frame without its length field. The message owns the handles.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a message. The handles are still the caller's.</exception>
    public static TakeoverMessage Decode(byte[] frame, IReadOnlyList<SafeHandle> handles)
    {
        using var reader = new BinaryReader(new MemoryStream(frame), Encoding.UTF8);
        try
        {
            var kind = (Kind)reader.ReadByte();
            if (reader.ReadByte() is var announced && announced != handles.Count)
            {
                throw new InvalidDataException(
                    $"a frame came with {handles.Count} descriptors and announced {announced}");
            }

            var message = ReadFields(reader, kind, handles);
            if (message.Handles.Count != handles.Count)
                throw new InvalidDataException($"a frame {kind} came with {handles.Count} descriptors, which it cannot have");
            return reader.BaseStream.Position == frame.Length
                ? message
                : throw new InvalidDataException($"a frame {kind} has bytes behind its end");
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("a frame is shorter than its fields", e);
        }
    }

    private static Kind GetKind(TakeoverMessage message) => message switch
    {
        TakeoverMessage.Hello => Kind.Hello,
        TakeoverMessage.Ask => Kind.Ask,
        TakeoverMessage.Listeners => Kind.Listeners,
        TakeoverMessage.Accepting => Kind.Accepting,
        TakeoverMessage.Stopped => Kind.Stopped,
        TakeoverMessage.Offer => Kind.Offer,
        TakeoverMessage.Ready => Kind.Ready,
        TakeoverMessage.Commit => Kind.Commit,
        TakeoverMessage.Serving => Kind.Serving,
        TakeoverMessage.Done => Kind.Done,
        TakeoverMessage.Complete => Kind.Complete,
        _ => Kind.Refusal,
    };

    private static void WriteFields(BinaryWriter writer, TakeoverMessage message)
    {
        switch (message)
        {
            case TakeoverMessage.Hello hello:
                writer.Write(hello.Version);
                writer.Write(hello.ProcessId);
                break;
            case TakeoverMessage.Listeners listeners:
                writer.Write(listeners.IsLast);
                foreach (var item in listeners.Items)
                {
                    WriteText(writer, item.Name);
                    writer.Write(item.Group);
                    writer.Write((byte)item.Role);
                    writer.Write(item.OwnsFile);
                }

                break;
            case TakeoverMessage.Offer offer:
                writer.Write(offer.Batch);
                foreach (var item in offer.Items)
                {
                    writer.Write((long)item.StoodStill.TotalMicroseconds);
                    writer.Write(item.State.Length);
                    writer.Write(item.State.Span);
                }

                break;
            case TakeoverMessage.Ready ready:
                writer.Write(ready.Batch);
                writer.Write(checked((byte)ready.Refused.Count));
                foreach (var refused in ready.Refused)
                {
                    writer.Write(checked((byte)refused.Index));
                    WriteText(writer, refused.Reason);
                }

                break;
            case TakeoverMessage.Commit commit:
                writer.Write(commit.Batch);
                break;
            case TakeoverMessage.Serving serving:
                writer.Write(serving.Batch);
                break;
            case TakeoverMessage.Refusal refusal:
                WriteText(writer, refusal.Reason);
                break;
        }
    }

    private static TakeoverMessage ReadFields(BinaryReader reader, Kind kind, IReadOnlyList<SafeHandle> handles) => kind switch
    {
        Kind.Hello => new TakeoverMessage.Hello(reader.ReadByte(), reader.ReadInt32()),
        Kind.Ask => new TakeoverMessage.Ask(),
        Kind.Listeners => ReadListeners(reader, handles),
        Kind.Accepting => new TakeoverMessage.Accepting(),
        Kind.Stopped => new TakeoverMessage.Stopped(),
        Kind.Offer => new TakeoverMessage.Offer(
            reader.ReadInt32(), [.. handles.Select(handle => ReadConnection(reader, handle))]),
        Kind.Ready => new TakeoverMessage.Ready(reader.ReadInt32(), ReadRefused(reader)),
        Kind.Commit => new TakeoverMessage.Commit(reader.ReadInt32()),
        Kind.Serving => new TakeoverMessage.Serving(reader.ReadInt32()),
        Kind.Done => new TakeoverMessage.Done(),
        Kind.Complete => new TakeoverMessage.Complete(),
        Kind.Refusal => new TakeoverMessage.Refusal(ReadText(reader)),
        _ => throw new InvalidDataException($"a frame has the unknown kind {(byte)kind}"),
    };

    private static TakeoverMessage.Listeners ReadListeners(BinaryReader reader, IReadOnlyList<SafeHandle> handles)
    {
        var isLast = reader.ReadBoolean();
        return new([.. handles.Select(handle => new HandedListener(
            ReadText(reader), reader.ReadInt32(), (HandedListenerRole)reader.ReadByte(), reader.ReadBoolean(), handle))], isLast);
    }

    private static OfferedConnection ReadConnection(BinaryReader reader, SafeHandle handle)
    {
        var stoodStill = reader.ReadInt64();
        var length = reader.ReadInt32();
        if (length < 0 || length > reader.BaseStream.Length - reader.BaseStream.Position)
            throw new InvalidDataException($"a connection has a state of {(uint)length} bytes, more than its frame");
        // A pause of more than an hour is an error, not a measurement.
        var pause = TimeSpan.FromMicroseconds(Math.Clamp(stoodStill, 0, 3_600_000_000));
        return new(reader.ReadBytes(length), pause, handle);
    }

    private static RefusedConnection[] ReadRefused(BinaryReader reader)
    {
        var refused = new RefusedConnection[reader.ReadByte()];
        for (var i = 0; i < refused.Length; i++)
            refused[i] = new(reader.ReadByte(), ReadText(reader));
        return refused;
    }

    /// <summary>Writes a text, of which a reader sees at most <see cref="MaxTextLength"/> bytes.</summary>
    private static void WriteText(BinaryWriter writer, string text)
    {
        // A character of UTF-16 has at most three bytes.
        writer.Write(text.Length <= MaxTextLength / 3 ? text : text[..(MaxTextLength / 3)]);
    }

    private static string ReadText(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        if (length is < 0 or > MaxTextLength)
            throw new InvalidDataException($"a text has {(uint)length} bytes, more than {MaxTextLength}");
        var bytes = reader.ReadBytes(length);
        return bytes.Length == length ? Encoding.UTF8.GetString(bytes) : throw new EndOfStreamException();
    }

    private enum Kind : byte
    {
        Hello = 1,
        Ask,
        Listeners,
        Accepting,
        Stopped,
        Offer,
        Ready,
        Commit,
        Serving,
        Done,
        Complete,
        Refusal,
    }
}
