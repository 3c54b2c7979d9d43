using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The trace context of a frame: W3C trace id, span id and flags, so that the work on another node belongs to the same
/// trace.</summary>
/// <remarks>
/// <code>
///  0: 1 byte
///  1: 1 byte  trace id: 16 bytes  span id: 8 bytes  flags: 1 byte
/// </code>
/// </remarks>
internal static class TraceField
{
    public static void Write(FrameWriter writer)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } current)
        {
            writer.WriteByte(0);
            return;
        }

        Span<byte> ids = stackalloc byte[24];
        // Each fills the whole span that it gets, or throws.
        current.TraceId.CopyTo(ids[..16]);
        current.SpanId.CopyTo(ids[16..]);
        writer.WriteByte(1);
        writer.WriteRest(ids);
        writer.WriteByte((byte)current.ActivityTraceFlags);
    }

    public static ActivityContext Read(ref FrameReader reader)
    {
        if (reader.ReadByte() == 0)
            return default;
        Span<byte> ids = stackalloc byte[24];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = reader.ReadByte();
        return new(
            ActivityTraceId.CreateFromBytes(ids[..16]), ActivitySpanId.CreateFromBytes(ids[16..]),
            (ActivityTraceFlags)reader.ReadByte(), isRemote: true);
    }
}
