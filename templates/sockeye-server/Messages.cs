using System.Text.Json.Serialization;
using Sockeye;

namespace SampleServer;

public sealed record Order(long Id, string Symbol, int Quantity, bool Accepted = false);

/// <summary>The messages of the protocol: JSON with a length of four bytes before it.</summary>
public static class Messages
{
    public static Codec<Order> Orders { get; } = Codec.LengthPrefixed(MessageTypes.Default.Order, maxLength: 64 * 1024);
}

[JsonSerializable(typeof(Order))]
internal sealed partial class MessageTypes : JsonSerializerContext;
