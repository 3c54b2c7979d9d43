using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Numbers as the tool writes them in sentences.</summary>
internal static class Words
{
    /// <summary>"1 byte", "2,048 bytes".</summary>
    public static string Count(long number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");
}
