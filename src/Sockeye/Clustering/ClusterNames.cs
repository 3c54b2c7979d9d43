namespace Sockeye.Clustering;

/// <summary>Checks and makes the short names of clusters, nodes and types, which are parts of subjects and ids.</summary>
internal static class ClusterNames
{
    private const int MaxLength = 64;

    public static string Check(string value, string parameter)
    {
        ArgumentNullException.ThrowIfNull(value, parameter);
        return value.Length is >= 1 and <= MaxLength && value.All(IsAllowed)
            ? value
            : throw new ArgumentException(
                $"{parameter} is \"{value}\": it must have 1 to {MaxLength} letters, digits, '-' and '_' of ASCII.", parameter);
    }

    public static string OfMachine() => Clean(Environment.MachineName);

    public static string OfType(Type type) => Clean(type.Name);

    private static string Clean(string name) =>
        name.Length == 0 ? "node" : string.Concat(name.Take(MaxLength).Select(one => IsAllowed(one) ? one : '-'));

    private static bool IsAllowed(char one) => char.IsAsciiLetterOrDigit(one) || one is '-' or '_';
}
