using System.Net;
using System.Text.Json;

namespace Sockeye;

/// <summary>Tags with the names of the semantic conventions of OpenTelemetry.</summary>
internal static class MetricTags
{
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string Direction = "network.io.direction";
    public const string CloseCause = "sockeye.close.cause";
    public const string ClosedBy = "sockeye.close.by";
    public const string SaturationKind = "sockeye.saturation.kind";
    public const string ErrorType = "error.type";

    public static KeyValuePair<string, object?> Receive { get; } = new(Direction, "receive");

    public static KeyValuePair<string, object?> Transmit { get; } = new(Direction, "transmit");

    /// <summary>Returns the tag of a limit: the method or option that sets it.</summary>
    public static KeyValuePair<string, object?> CreateLimitTag(string name) => new("limit", name);

    /// <summary>Returns the tags for the address of a listener, or for the target of a client. A Unix socket has a path and no
    /// port.</summary>
    public static KeyValuePair<string, object?>[] CreateAddressTags(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => [new(ServerAddress, $"{ip.Address}"), new(ServerPort, ip.Port)],
        DnsEndPoint name => [new(ServerAddress, name.Host), new(ServerPort, name.Port)],
        _ => [new(ServerAddress, $"{endpoint}")],
    };

    /// <summary>Returns the value of an enumeration in the form of tags: <c>handler_error</c>. Allocates nothing.</summary>
    public static string GetValue<T>(T value)
        where T : struct, Enum => Names<T>.All.GetValueOrDefault(value, "other");

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All = Enum.GetValues<T>().ToDictionary(
            value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}"));
    }
}
