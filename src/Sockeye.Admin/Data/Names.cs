using System.Net;
using System.Text.Json;

namespace Sockeye.Admin;

/// <summary>How the page's data names things.</summary>
internal static class Names
{
    /// <summary>As JSON has it: <c>halfClosed</c>. The same string each time.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Cache<T>.All.GetValueOrDefault(value, "other");

    public static string Of(EndPoint endpoint) => endpoint.ToString() ?? "";

    private static class Cache<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All = Enum.GetValues<T>().ToDictionary(
            value => value, value => JsonNamingPolicy.CamelCase.ConvertName($"{value}"));
    }
}
