using System.Buffers.Binary;

namespace Sockeye.Takeover.Node;

/// <summary>Answers each message with its number and a count, which moves with the connection.</summary>
internal static class MarkHandler
{
    public static async Task RunAsync(MessageConnection<Mark> connection)
    {
        var count = connection.ContinuedState is { Length: sizeof(long) } state
            ? BinaryPrimitives.ReadInt64LittleEndian(state.Span)
            : 0;
        connection.SaveStateBy(() =>
        {
            var bytes = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, count);
            return bytes;
        });
        await foreach (var mark in connection.ReadAllAsync())
            await connection.WriteAsync(mark with { Count = ++count });
    }
}
