using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>Writes the blocks of a capture and their options (draft-ietf-opsawg-pcapng, section 4).</summary>
internal static class PcapngBlocks
{
    /// <summary>LINKTYPE_RAW: frames start with an IPv4 or IPv6 header.</summary>
    public const ushort LinkTypeRaw = 101;

    public const uint SectionHeader = 0x0A0D0D0A;
    public const uint InterfaceDescription = 1;
    public const uint InterfaceStatistics = 5;
    public const uint EnhancedPacket = 6;

    private const ushort Comment = 1; // in every block

    extension(PcapngWriter writer)
    {
        public void Section(string comment)
        {
            writer.BeginBlock(SectionHeader);
            writer.WriteUInt32(0x1A2B3C4D); // shows the order of bytes
            writer.WriteUInt16(1);
            writer.WriteUInt16(0);
            writer.WriteUInt64(ulong.MaxValue); // The section ends with the file.
            writer.WriteOption(Comment, comment);
            writer.WriteOption(3, RuntimeInformation.OSDescription); // shb_os
            writer.WriteOption(4, "Sockeye"); // shb_userappl
            writer.WriteEndOfOptions();
            writer.EndBlock();
        }

        public void Interface(string name, string description)
        {
            writer.BeginBlock(InterfaceDescription);
            writer.WriteUInt16(LinkTypeRaw);
            writer.WriteUInt16(0);
            writer.WriteUInt32(0); // no limit on the length of a frame
            writer.WriteOption(2, name); // if_name
            writer.WriteOption(3, description); // if_description
            writer.WriteOption(9, 1); // if_tsresol: 10⁻⁹ s
            writer.GetSpan(1)[0] = 9;
            writer.Pad();
            writer.WriteEndOfOptions();
            writer.EndBlock();
        }

        /// <summary>Starts a block that holds a segment; returns the space for its headers and data.</summary>
        public Span<byte> BeginFrame(uint interfaceId, long nanoseconds, int captured, int original)
        {
            writer.BeginBlock(EnhancedPacket);
            writer.WriteUInt32(interfaceId);
            writer.WriteTime(nanoseconds);
            writer.WriteUInt32((uint)captured);
            writer.WriteUInt32((uint)original);
            var room = writer.GetSpan(captured + (-captured & 3));
            room[captured..].Clear();
            return room[..captured];
        }

        public void EndFrame(bool isOutbound, long dropped, params ReadOnlySpan<string?> comments)
        {
            foreach (var comment in comments)
            {
                if (comment is not null)
                    writer.WriteOption(Comment, comment);
            }

            writer.WriteOption(2, 4); // epb_flags: the direction, in its two lowest bits
            writer.WriteUInt32(isOutbound ? 0b10u : 0b01u);
            if (dropped > 0)
            {
                writer.WriteOption(4, 8); // epb_dropcount
                writer.WriteUInt64((ulong)dropped);
            }

            writer.WriteEndOfOptions();
            writer.EndBlock();
        }

        public void Statistics(uint interfaceId, long start, long end, long received, long dropped)
        {
            writer.BeginBlock(InterfaceStatistics);
            writer.WriteUInt32(interfaceId);
            writer.WriteTime(end);
            writer.WriteOption(2, 8); // isb_starttime
            writer.WriteTime(start);
            writer.WriteOption(3, 8); // isb_endtime
            writer.WriteTime(end);
            writer.WriteOption(4, 8); // isb_ifrecv
            writer.WriteUInt64((ulong)received);
            writer.WriteOption(5, 8); // isb_ifdrop
            writer.WriteUInt64((ulong)dropped);
            writer.WriteEndOfOptions();
            writer.EndBlock();
        }
    }
}
