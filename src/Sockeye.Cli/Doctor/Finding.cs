using System.Text.Json.Serialization;

namespace Sockeye.Cli;

[JsonConverter(typeof(JsonStringEnumConverter<FindingSeverity>))]
internal enum FindingSeverity
{
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Useful to know; servers run well.</summary>
    [JsonStringEnumMemberName("note")]
    Note,

    /// <summary>Servers do not run, or do not run well.</summary>
    [JsonStringEnumMemberName("problem")]
    Problem,
}

/// <summary>A finding of <c>sockeye doctor</c>.</summary>
/// <param name="Name">The name of the property.</param>
/// <param name="Value">Its value on this machine.</param>
/// <param name="Verdict">Whether servers can run well with it.</param>
/// <param name="Explanation">The meaning and the remedy; null if there is nothing to explain.</param>
internal sealed record Finding(string Name, string Value, FindingSeverity Verdict, string? Explanation = null)
{
    /// <summary>Gets the line of sysctl.d(5) that is the remedy; null if there is none.</summary>
    public string? Sysctl { get; init; }
}
