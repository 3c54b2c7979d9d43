using System.Text.RegularExpressions;

namespace Sockeye.Site;

/// <summary>
/// DocFX lists an extension property as the static method that implements it: <c>get_CloseReason(ConnectionContext)</c>. Here it
/// gets the name and the form in which programs use it.
/// </summary>
internal static partial class ApiNames
{
    public static void Improve(string api)
    {
        foreach (var file in Directory.EnumerateFiles(api, "*.yml"))
        {
            var text = File.ReadAllText(file);
            var improved = Declaration().Replace(text, "${type} ${receiver}.${property} { ${accessor}; }");
            improved = Title().Replace(improved, "${before}${property}");
            if (improved != text)
                File.WriteAllText(file, improved);
        }
    }

    // "public static CloseReason? get_CloseReason(ConnectionContext connection)"
    [GeneratedRegex(
        @"(?<type>public static [^\n]+?) (?<accessor>get|set)_(?<property>\w+)\((?:this )?(?<receiver>[\w<>]+) \w+\)")]
    private static partial Regex Declaration();

    // "name: get_CloseReason(ConnectionContext)", "nameWithType: ConnectionContextExtensions.get_CloseReason(ConnectionContext)"
    [GeneratedRegex(@"(?<before>(?:name|nameWithType|fullName): (?:[\w.]+\.)?)get_(?<property>\w+)(?:\([\w., ]*\))?")]
    private static partial Regex Title();
}
