using Sockeye.Clustering;

namespace Sockeye.Fuzz.Targets;

/// <summary>Frames of another node of a cluster.</summary>
/// <remarks>
/// <code>
///  { length: 1 byte  kind: 1 byte (128: time passes before)  fields of the kind } …
/// </code>
/// The version and the sender are added, so that no input is wasted on them.
/// </remarks>
internal static class ClusterTarget
{
    private const int MaxAllocated = 1024 * 1024;
    private const byte TimePasses = 128;

    public static FuzzTarget Cluster { get; } = new("cluster", Check);

    private static void Check(byte[] input)
    {
        var node = new FuzzedNode();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var rest = input.AsSpan(); rest.Length > 1;)
        {
            var size = Math.Min(rest[0], rest.Length - 2);
            if ((rest[1] & TimePasses) != 0)
                node.PassBeat();
            node.Receive(FuzzedNode.Other, (FrameKind)(rest[1] & ~TimePasses), rest.Slice(2, size));
            rest = rest[(2 + size)..];
        }

        node.PassBeat();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        BrokenPromiseException.Unless(
            allocated <= MaxAllocated + (1024L * input.Length), $"{allocated} bytes were allocated for {input.Length}");
        CheckThatItWorks(node);
    }

    /// <summary>Whatever one node sends, messages of another one arrive.</summary>
    private static void CheckThatItWorks(FuzzedNode node)
    {
        var third = FuzzedNode.Third;
        node.Receive(third, FrameKind.Beat, Fields(writer =>
        {
            writer.WriteNumber(1);
            writer.WriteByte(0);
            writer.WriteNumber(0);
            writer.WriteText("third");
        }));
        var lines = node.JoinAnother();
        for (var number = 1UL; number <= 2; number++)
        {
            node.Receive(third, FrameKind.Broadcast, Fields(writer =>
            {
                writer.WriteText(FuzzedNode.Group);
                writer.WriteNumber(1);
                writer.WriteNumber(number);
                writer.WriteByte(0);
                writer.WriteRest("hello\n"u8);
            }));
        }

        BrokenPromiseException.Unless(
            lines.Count(line => line == "hello") == 2, $"two messages arrived as [{string.Join("] [", lines)}]");
    }

    private static byte[] Fields(Action<FrameWriter> write)
    {
        var buffer = PooledBuffer.Rent();
        write(new(buffer));
        var fields = buffer.WrittenMemory.ToArray();
        buffer.Release();
        return fields;
    }
}
