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

/// <summary>What <c>sockeye doctor</c> says of one thing.</summary>
/// <param name="Name">The thing.</param>
/// <param name="Value">What it is here.</param>
/// <param name="Verdict">Whether servers can run well with that.</param>
/// <param name="Explanation">What it means, and the way out; null where there is nothing to say.</param>
internal sealed record Finding(string Name, string Value, FindingSeverity Verdict, string? Explanation = null);
