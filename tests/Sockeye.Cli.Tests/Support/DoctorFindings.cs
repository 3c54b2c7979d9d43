using System.Text.Json;

namespace Sockeye.Cli.Tests.Support;

/// <summary>The findings of <c>sockeye doctor --json</c>.</summary>
public sealed record DoctorFindings(JsonElement All)
{
    /// <summary>Returns the value of a finding, and checks its verdict.</summary>
    public string Of(string name, string verdict)
    {
        var finding = Find(name);
        Assert.True(finding is not null, $"There is no finding \"{name}\" in {All}");
        Assert.True(verdict == finding.Value.GetProperty("verdict").GetString(), $"{finding}");
        return finding.Value.GetProperty("value").GetString()!;
    }

    public string ExplanationOf(string name) => Find(name)!.Value.GetProperty("explanation").GetString()!;

    public JsonElement? Find(string name) => All.EnumerateArray()
        .Where(finding => finding.GetProperty("name").GetString() == name)
        .Select(finding => (JsonElement?)finding).FirstOrDefault();
}
