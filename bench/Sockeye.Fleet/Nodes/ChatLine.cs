using System.Text.Json.Serialization;

namespace Sockeye.Fleet.Nodes;

/// <summary>The message of all scenarios, about 100 bytes as JSON. Public, since MessagePack serializes public types.</summary>
/// <param name="From">The author; in the first line of a connection of Sockeye, the user that it belongs to.</param>
/// <param name="Text">The text; in the first line of a connection of Sockeye, the group that it joins.</param>
/// <param name="To">The user that a client sends it to; "" in the first line; null for the group.</param>
public sealed record ChatLine(string From, string Text, string? To = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChatLine))]
internal sealed partial class ChatJson : JsonSerializerContext;
