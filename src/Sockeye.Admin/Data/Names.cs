using System.Net;
using System.Text.Json;

namespace Sockeye.Admin;

/// <summary>The names in the page's data.</summary>
internal static class Names
{
    /// <summary>Returns a name as in JSON, such as <c>halfClosed</c>; always the same string object.</summary>
    public static string GetName<T>(T value)
        where T : struct, Enum => Cache<T>.All.GetValueOrDefault(value, "other");

    public static string GetName(EndPoint endpoint) => endpoint.ToString() ?? "";

    private static class Cache<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All = Enum.GetValues<T>().ToDictionary(
            value => value, value => JsonNamingPolicy.CamelCase.ConvertName($"{value}"));
    }
}
