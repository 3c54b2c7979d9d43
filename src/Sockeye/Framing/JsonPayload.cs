using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sockeye;

/// <summary>Reads and writes one JSON value as the payload of a frame.</summary>
internal sealed class JsonPayload<TMessage>(JsonTypeInfo<TMessage> type)
{
    private readonly JsonReaderOptions _readerOptions = new()
    {
        AllowTrailingCommas = type.Options.AllowTrailingCommas,
        CommentHandling = type.Options.ReadCommentHandling,
        MaxDepth = type.Options.MaxDepth,
    };

    private readonly JsonWriterOptions _writerOptions = new()
    {
        Encoder = type.Options.Encoder,
        Indented = type.Options.WriteIndented,
        IndentCharacter = type.Options.IndentCharacter,
        IndentSize = type.Options.IndentSize,
        NewLine = type.Options.NewLine,
        MaxDepth = type.Options.MaxDepth,
    };

    private Utf8JsonWriter? _spareWriter;

    public TMessage Read(ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment)
            return ReadContiguous(payload);
        // In one segment, because over several the reader of .NET 10 throws IndexOutOfRangeException for some truncated values.
        var copy = PooledBuffer.Rent();
        try
        {
            copy.Write(payload);
            return ReadContiguous(new(copy.WrittenMemory));
        }
        finally
        {
            copy.Release();
        }
    }

    public void Write(TMessage message, IBufferWriter<byte> payload)
    {
        // A writer is 200 bytes: one is kept for the next message. A concurrent call creates another.
        var writer = Interlocked.Exchange(ref _spareWriter, null);
        if (writer is null)
            writer = new Utf8JsonWriter(payload, _writerOptions);
        else
            writer.Reset(payload);
        JsonSerializer.Serialize(writer, message, type);
        writer.Flush();
        // An exception skips this line, so that a writer in an unknown state is not kept. The kept writer still refers to this
        // buffer, and does not use it before Reset gives it another.
        Volatile.Write(ref _spareWriter, writer);
    }

    private TMessage ReadContiguous(ReadOnlySequence<byte> payload)
    {
        var reader = new Utf8JsonReader(payload, _readerOptions);
        TMessage? message;
        try
        {
            message = JsonSerializer.Deserialize(ref reader, type);
        }
        catch (NotSupportedException error)
        {
            // The JSON has to select one of several types, but selects none: an error of the JSON, not of the type.
            throw new JsonException(error.Message, error);
        }

        if (reader.Read())
            throw new JsonException($"{reader.TokenType} follows the value.");
        return message!;
    }
}
