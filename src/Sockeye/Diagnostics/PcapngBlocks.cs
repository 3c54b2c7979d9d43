using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>The blocks that a capture consists of, and their options (draft-ietf-opsawg-pcapng, section 4).</summary>
internal static class PcapngBlocks
{
    /// <summary>The blocks hold IPv4 or IPv6 with nothing below: LINKTYPE_RAW.</summary>
    public const ushort LinkTypeRaw = 101;

    public const uint SectionHeader = 0x0A0D0D0A;
    public const uint InterfaceDescription = 1;
    public const uint InterfaceStatistics = 5;
    public const uint EnhancedPacket = 6;

    private const ushort Comment = 1; // in every block

    extension(BlockWriter writer)
    {
        public void Section(string comment)
        {
            writer.Begin(SectionHeader);
            writer.UInt32(0x1A2B3C4D); // shows the order of bytes
            writer.UInt16(1);
            writer.UInt16(0);
            writer.UInt64(ulong.MaxValue); // The section ends where the file does.
            writer.Option(Comment, comment);
            writer.Option(3, RuntimeInformation.OSDescription); // shb_os
            writer.Option(4, "Sockeye"); // shb_userappl
            writer.EndOptions();
            writer.End();
        }

        public void Interface(string name, string description)
        {
            writer.Begin(InterfaceDescription);
            writer.UInt16(LinkTypeRaw);
            writer.UInt16(0);
            writer.UInt32(0); // no limit on the length of a frame
            writer.Option(2, name); // if_name
            writer.Option(3, description); // if_description
            writer.Option(9, 1); // if_tsresol: 10⁻⁹ s
            writer.Take(1)[0] = 9;
            writer.Pad();
            writer.EndOptions();
            writer.End();
        }

        /// <summary>Begins a block that holds a segment; gives the room for its headers and data.</summary>
        public Span<byte> BeginFrame(uint interfaceId, long nanoseconds, int captured, int original)
        {
            writer.Begin(EnhancedPacket);
            writer.UInt32(interfaceId);
            writer.Time(nanoseconds);
            writer.UInt32((uint)captured);
            writer.UInt32((uint)original);
            var room = writer.Take(captured + (-captured & 3));
            room[captured..].Clear();
            return room[..captured];
        }

        public void EndFrame(bool isOutbound, long dropped, params ReadOnlySpan<string?> comments)
        {
            foreach (var comment in comments)
            {
                if (comment is not null)
                    writer.Option(Comment, comment);
            }

            writer.Option(2, 4); // epb_flags: the direction, in its two lowest bits
            writer.UInt32(isOutbound ? 0b10u : 0b01u);
            if (dropped > 0)
            {
                writer.Option(4, 8); // epb_dropcount
                writer.UInt64((ulong)dropped);
            }

            writer.EndOptions();
            writer.End();
        }

        public void Statistics(uint interfaceId, long begun, long ended, long received, long dropped)
        {
            writer.Begin(InterfaceStatistics);
            writer.UInt32(interfaceId);
            writer.Time(ended);
            writer.Option(2, 8); // isb_starttime
            writer.Time(begun);
            writer.Option(3, 8); // isb_endtime
            writer.Time(ended);
            writer.Option(4, 8); // isb_ifrecv
            writer.UInt64((ulong)received);
            writer.Option(5, 8); // isb_ifdrop
            writer.UInt64((ulong)dropped);
            writer.EndOptions();
            writer.End();
        }
    }
}
