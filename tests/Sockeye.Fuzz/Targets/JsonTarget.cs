using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sockeye.Fuzz.Targets;

/// <summary>A message with something of everything.</summary>
internal sealed record JsonOrder(string? Name, int Count, double? Price, IReadOnlyList<JsonOrder>? Parts);

// System.Text.Json reads 1e999 as infinity, which it writes in no other way.
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(JsonOrder))]
internal sealed partial class JsonOrders : JsonSerializerContext;

/// <summary>Typed messages: JSON behind a length, and JSON in lines.</summary>
internal static class JsonTarget
{
    private const int Max = 200;

    public static FuzzTarget Json { get; } = FrameTargets.Choose("json",
        Check(Codec.LengthPrefixed(JsonOrders.Default.JsonOrder, Max)),
        Check(Codec.Delimited("\n"u8, Max).WithMessages(JsonOrders.Default.JsonOrder)));

    // What was written with few bytes may take more: "\u00E4" for two bytes of UTF-8, members that were left out.
    private static Action<byte[]> Check(Codec<JsonOrder> codec) => new CodecCheck<JsonOrder>(
        codec, Max + 4, order => JsonSerializer.Serialize(order, JsonOrders.Default.JsonOrder),
        (_, error) => error.Error is FrameError.TooLong).Check;
}
