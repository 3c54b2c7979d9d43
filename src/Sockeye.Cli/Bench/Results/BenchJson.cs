using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sockeye.Cli;

/// <summary>Results as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext
{
    public static string Write(BenchResult result) => JsonSerializer.Serialize(result, Default.BenchResult);
}
