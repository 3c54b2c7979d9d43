using System.Text.RegularExpressions;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>One word for one concept: the words that public names must not use, and what to say instead.</summary>
public sealed partial class PublicNameTests
{
    /// <summary>Only words that are wrong wherever they stand: "host" or "client" have good uses.</summary>
    private static readonly Dictionary<string, string> Instead = new(StringComparer.OrdinalIgnoreCase)
    {
        ["acceptor"] = "listener",
        ["callback"] = "handler",
        ["channel"] = "connection",
        ["chaos"] = "rule",
        ["config"] = "options",
        ["disconnected"] = "closed, or half-closed",
        ["filter"] = "middleware",
        ["hub"] = "MessageGroup",
        ["interceptor"] = "middleware",
        ["kill"] = "abort",
        ["ms"] = "a TimeSpan named …Timeout, …Interval or …Delay",
        ["packet"] = "frame, or message",
        ["payload"] = "frame, or message",
        ["provider"] = "transport",
        ["reactor"] = "engine",
        ["room"] = "MessageGroup",
        ["serializer"] = "codec",
        ["session"] = "connection",
        ["settings"] = "options",
        ["terminate"] = "stop, or abort",
        ["throttling"] = "back-pressure",
        ["worker"] = "engine",
    };

    /// <summary>Names of .NET and of OpenTelemetry, and those that contain them.</summary>
    private static readonly string[] Allowed =
    [
        "TimeProvider", "timeProvider", "ServiceProvider", "serviceProvider", "MeterProviderBuilder", "TracerProviderBuilder",
        "SockeyeMeterProviderBuilderExtensions", "SockeyeTracerProviderBuilderExtensions",
    ];

    [Fact]
    public void Public_names_use_the_terms_of_the_vocabulary()
    {
        var findings = new Findings();
        foreach (var file in Repository.Files("src", "PublicAPI.*.txt"))
        {
            foreach (var (index, line) in file.Lines.Index())
            {
                foreach (var (name, word) in FindBanned(line))
                    findings.Add(file.Path, index + 1, $"'{name}' says '{word}': say {Instead[word]}.");
            }
        }

        findings.AssertNone();
    }

    [Theory]
    [InlineData("Sockeye.ChatRoom.Join() -> void", "ChatRoom")]
    [InlineData("Sockeye.Pool.IdleTimeoutMs.get -> int", "IdleTimeoutMs")]
    [InlineData("Sockeye.Codec.Encode(byte[]! payload) -> void", "payload")]
    [InlineData("Sockeye.X.Y(System.IServiceProvider! services, System.Threading.Channels.Channel<int>! queue) -> int", null)]
    [InlineData("Sockeye.SockeyeServerOptions.TimeProvider.get -> System.TimeProvider!", null)]
    [InlineData("Sockeye.Roommates.Items.get -> int", null)]
    public void Banned_word_is_found_in_own_names_only(string line, string? expected) =>
        Assert.Equal(expected, FindBanned(line).Select(found => found.Name).SingleOrDefault());

    private static IEnumerable<(string Name, string Word)> FindBanned(string line) =>
        from name in Name().Matches(ForeignName().Replace(line, "")).Select(match => match.Value)
        where !Allowed.Contains(name)
        from word in Word().Matches(name).Select(match => match.Value)
        where Instead.ContainsKey(word)
        select (name, word);

    [GeneratedRegex(@"\b(System|Microsoft)(\.\w+)+")]
    private static partial Regex ForeignName();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Name();

    [GeneratedRegex(@"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")]
    private static partial Regex Word();
}
