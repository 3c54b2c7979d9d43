using System.Buffers;
using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>Writes the frames of one link, with their header, into messages of the NATS client.</summary>
internal sealed class NatsFrameWriter(FrameHeader header) : INatsSerialize<ReadOnlyMemory<byte>>
{
    public void Serialize(IBufferWriter<byte> bufferWriter, ReadOnlyMemory<byte> value)
    {
        header.Write(bufferWriter.GetSpan(FrameHeader.Size));
        bufferWriter.Advance(FrameHeader.Size);
        bufferWriter.Write(value.Span);
    }
}
