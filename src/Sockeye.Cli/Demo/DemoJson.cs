using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sockeye.Cli;

/// <summary>The demo as one JSON document, written at the end.</summary>
internal sealed partial class DemoJson : IDemoReport
{
    public void Show(DemoScene scene)
    {
        // The document at the end contains all scenes.
    }

    public Task FollowAsync(DemoLoad load, Task running) => running;

    public void Finish(DemoResult result) => Console.Out.WriteLine(JsonSerializer.Serialize(result, Document.Default.DemoResult));

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(DemoResult))]
    private sealed partial class Document : JsonSerializerContext;
}
